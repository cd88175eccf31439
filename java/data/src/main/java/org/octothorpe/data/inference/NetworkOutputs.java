package org.octothorpe.data.inference;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.loading.Loader;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.eval.RegionalPooling;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.models.Network;
import org.octothorpe.train.Batch;
import org.octothorpe.train.Normalization;

/**
 * What a network makes of every image of a data set: its logits, its pooled features, or its
 * features pooled by regions.
 */
public final class NetworkOutputs {
  private final int width;
  private final float[] values;
  private final int[] samples;

  private NetworkOutputs(int width, float[] values, int[] samples) {
    this.width = width;
    this.values = values;
    this.samples = samples;
  }

  /**
   * Computes the logits, [images, classes].
   *
   * @param loading batch, image size and threads; the order and the views are those of {@link
   *     LoaderOptions#forEvaluation}
   */
  public static NetworkOutputs logits(Network network, DType dtype, LoaderOptions loading) {
    try (InferencePlan plan = network.inference(input(loading), dtype)) {
      return run(network.device(), plan, loading.forEvaluation(), plan.output().shape().get(1));
    }
  }

  /** Computes the pooled features, [images, features]; see {@link #logits}. */
  public static NetworkOutputs features(Network network, DType dtype, LoaderOptions loading) {
    try (InferencePlan plan = network.features(input(loading), dtype)) {
      return run(network.device(), plan, loading.forEvaluation(), plan.output().shape().get(1));
    }
  }

  /**
   * Computes the last stage's output, pooled by {@link RegionalPooling}, [images, features].
   *
   * @param loading batch, image size, threads and views; once, in the order of the data set
   * @param progress receives the number of images done, after each batch
   */
  public static NetworkOutputs regional(
      Network network, DType dtype, LoaderOptions loading, LongConsumer progress) {
    try (InferencePlan plan = network.featureMap(input(loading), dtype)) {
      Shape map = plan.output().shape();
      int rows = Math.toIntExact(map.get(1));
      int columns = Math.toIntExact(map.get(2));
      int channels = Math.toIntExact(map.get(3));
      RegionalPooling pooling = new RegionalPooling(rows, columns, channels);
      return run(
          network.device(), plan, loading.once().inOrder(), channels, pooling::pool, progress);
    }
  }

  /** What becomes of one image's part of a plan's output. */
  @FunctionalInterface
  private interface Reduction {
    void apply(float[] output, int from, float[] values, int to);
  }

  private static Shape input(LoaderOptions loading) {
    return Shape.nhwc(loading.batch(), loading.imageSize(), loading.imageSize(), 3);
  }

  private static NetworkOutputs run(
      Device device, InferencePlan plan, LoaderOptions loading, long elements) {
    int width = Math.toIntExact(elements);
    return run(
        device,
        plan,
        loading,
        width,
        (output, from, values, to) -> System.arraycopy(output, from, values, to, width),
        done -> {});
  }

  private static NetworkOutputs run(
      Device device,
      InferencePlan plan,
      LoaderOptions loading,
      int width,
      Reduction reduction,
      LongConsumer progress) {
    int images = loading.data().size();
    int outputs = Math.toIntExact(plan.output().shape().elements() / loading.batch());
    if ((long) images * width > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          images
              + " images with "
              + width
              + " values each are more than the "
              + Integer.MAX_VALUE
              + " that are kept at once; at most "
              + Integer.MAX_VALUE / width
              + " images can be measured");
    }
    float[] values = new float[images * width];
    int[] samples = new int[images];
    // In place of an image that cannot be used, another one comes twice: that counts once.
    BitSet seen = new BitSet(images);
    int count = 0;
    try (Loader loader = loading.open();
        Tensor pixels = device.allocate(DType.U8, plan.input().shape());
        Call normalize = Normalization.of(pixels, plan.input())) {
      for (Batch batch : loader) {
        pixels.copyFrom(batch.pixels());
        normalize.run();
        float[] output = plan.run().toFloats();
        for (int i = 0; i < batch.size(); i++) {
          int sample = Math.toIntExact(batch.samples()[i]);
          if (!seen.get(sample)) {
            seen.set(sample);
            reduction.apply(output, i * outputs, values, count * width);
            samples[count++] = sample;
          }
        }
        progress.accept(count);
      }
    }
    return new NetworkOutputs(
        width, Arrays.copyOf(values, count * width), Arrays.copyOf(samples, count));
  }

  /** Returns the outputs of those images whose index in the data set passes a test. */
  public NetworkOutputs where(IntPredicate kept) {
    float[] chosen = new float[values.length];
    int[] indices = new int[samples.length];
    int count = 0;
    for (int i = 0; i < samples.length; i++) {
      if (kept.test(samples[i])) {
        System.arraycopy(values, i * width, chosen, count * width, width);
        indices[count++] = samples[i];
      }
    }
    return new NetworkOutputs(
        width, Arrays.copyOf(chosen, count * width), Arrays.copyOf(indices, count));
  }

  /**
   * Returns the number of images with a value that is NaN or infinite, as a network of finite
   * weights makes only if its numbers grow beyond their type.
   */
  public int notFinite() {
    int count = 0;
    for (int i = 0; i < samples.length; i++) {
      boolean found = false;
      for (int j = i * width; j < (i + 1) * width; j++) {
        found |= !Float.isFinite(values[j]);
      }
      count += found ? 1 : 0;
    }
    return count;
  }

  /** Returns the number of images, without those that could not be used. */
  public int images() {
    return samples.length;
  }

  /** Returns the number of values per image. */
  public int width() {
    return width;
  }

  /** Returns the values, [images, width]; not a copy. */
  public float[] values() {
    return values;
  }

  /** Returns the index of each image in its data set; not a copy. */
  public int[] samples() {
    return samples;
  }

  /** Returns the first label of each image, its class where it has one: [images]. */
  public int[] classes(Dataset data) {
    return Arrays.stream(samples).map(sample -> data.label(sample, 0)).toArray();
  }
}
