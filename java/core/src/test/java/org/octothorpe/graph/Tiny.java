package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.Tensor;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.random.Philox;

/** A small network and a batch for it, for tests of the whole graph. */
public final class Tiny {
  /** Classes of the network. */
  public static final int CLASSES = 11;

  /** Images of a batch. */
  public static final int BATCH = 4;

  /** Rows and columns of an image. */
  public static final int SIZE = 20;

  private Tiny() {}

  /** Returns a network of two stages of 8 groups with the given stem. */
  public static ResNeXt network(Stem stem) {
    return new ResNeXt(List.of(2, 1), 8, 16, stem, 16, List.of(16, 32), CLASSES);
  }

  /** Fills the input with noise and the labels with one to three tags per image. */
  public static void fill(TrainingPlan plan, long seed) {
    plan.input().copyFrom(noise(plan.input(), seed));
    Philox random = Philox.of(seed, "labels");
    int[] offsets = new int[plan.batch() + 1];
    int[] labels = new int[Math.toIntExact(plan.labels().shape().elements())];
    for (int i = 0; i < plan.batch(); i++) {
      offsets[i + 1] = offsets[i] + 1 + random.nextInt(3);
      for (int j = offsets[i]; j < offsets[i + 1]; j++) {
        labels[j] = random.nextInt(CLASSES);
      }
    }
    plan.offsets().copyFrom(offsets);
    plan.labels().copyFrom(labels);
  }

  private static float[] noise(Tensor tensor, long seed) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    Philox random = Philox.of(seed, "pixels");
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
