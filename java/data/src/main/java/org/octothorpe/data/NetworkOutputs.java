package org.octothorpe.data;

import java.util.Arrays;
import java.util.BitSet;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.models.Network;
import org.octothorpe.ops.Call;
import org.octothorpe.train.Batch;
import org.octothorpe.train.Normalization;

/** What a network makes of every image of a data set: its logits, or its pooled features. */
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
   *     LoaderOptions#evaluation}
   */
  public static NetworkOutputs logits(Network network, DType dtype, LoaderOptions loading) {
    try (InferencePlan plan = network.inference(input(loading), dtype)) {
      return run(network.device(), plan, loading.evaluation());
    }
  }

  /** Computes the pooled features, [images, features]; see {@link #logits}. */
  public static NetworkOutputs features(Network network, DType dtype, LoaderOptions loading) {
    try (InferencePlan plan = network.features(input(loading), dtype)) {
      return run(network.device(), plan, loading.evaluation());
    }
  }

  private static Shape input(LoaderOptions loading) {
    return Shape.nhwc(loading.batch, loading.imageSize, loading.imageSize, 3);
  }

  private static NetworkOutputs run(Device device, InferencePlan plan, LoaderOptions loading) {
    int images = loading.data.size();
    int width = Math.toIntExact(plan.output().shape().elements() / loading.batch);
    float[] values = new float[Math.multiplyExact(images, width)];
    int[] samples = new int[images];
    // In place of an image that cannot be used, another one comes twice: that counts once.
    BitSet seen = new BitSet(images);
    int count = 0;
    try (Loader loader = loading.open();
        Tensor pixels = device.allocate(DType.U8, plan.input().shape())) {
      Call normalize = Normalization.of(device, pixels, plan.input());
      for (Batch batch : loader) {
        pixels.copyFrom(batch.pixels());
        normalize.run();
        float[] output = plan.run().toFloats();
        for (int i = 0; i < batch.size(); i++) {
          int sample = Math.toIntExact(batch.samples()[i]);
          if (!seen.get(sample)) {
            seen.set(sample);
            System.arraycopy(output, i * width, values, count * width, width);
            samples[count++] = sample;
          }
        }
      }
    }
    return new NetworkOutputs(
        width, Arrays.copyOf(values, count * width), Arrays.copyOf(samples, count));
  }

  /** Returns the number of images, without those that could not be used. */
  public int images() {
    return samples.length;
  }

  /** Returns the number of values an image. */
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
