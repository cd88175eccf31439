package org.octothorpe.io;

import java.io.IOException;
import java.nio.file.Path;

/** A process that opens a run folder twice and writes three checkpoints each time. */
final class PoorWriter {
  private PoorWriter() {}

  /** Argument: the folder. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    for (long first = 10; first <= 40; first += 30) {
      try (RunFolder run = RunFolder.open(folder)) {
        run.notes().forEach(System.out::println);
        System.out.println(
            "from " + run.resume().map(checkpoint -> checkpoint.images()).orElse(0L));
        run.writeConfig(first);
        for (long images = first; images < first + 30; images += 10) {
          run.save(CheckpointWriter.checkpoint(images), 2);
        }
        System.out.println("at " + run.latest().orElseThrow().getFileName());
      }
    }
  }
}
