package org.octothorpe.io;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * A process that opens a run folder and writes checkpoints until it is killed or has written
 * enough.
 */
final class CheckpointWriter {
  /** The elements of each tensor: 400 kB, so that a write takes its time. */
  static final int ELEMENTS = 100_000;

  private CheckpointWriter() {}

  /** Arguments: folder, images of the first checkpoint, number of checkpoints. */
  public static void main(String[] arguments) throws Exception {
    try (RunFolder run = RunFolder.open(Path.of(arguments[0]))) {
      System.out.println("open");
      long first = Long.parseLong(arguments[1]);
      for (long images = first; images < first + Long.parseLong(arguments[2]); images++) {
        run.save(checkpoint(images), 2);
        System.out.println(images);
      }
    }
  }

  /** Returns a checkpoint all of whose numbers follow from its images. */
  static TrainingCheckpoint checkpoint(long images) {
    float[] values = new float[ELEMENTS];
    Arrays.fill(values, (float) images);
    StateDict dict = StateDict.of(Map.of("fc.weight", HostTensor.of(values, ELEMENTS)));
    return new TrainingCheckpoint(
        images, dict, Map.of("model", "tiny"), dict, Map.of("seen", images));
  }
}
