package org.octothorpe.conformance;

import java.util.SplittableRandom;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;

/** Inputs of tests. */
final class Values {
  private Values() {}

  /** Returns a new tensor of values in [-bound, bound), a function of the seed. */
  static Tensor random(Device device, DType dtype, Shape shape, long seed, float bound) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * bound;
    }
    Tensor tensor = device.allocate(dtype, shape);
    tensor.copyFrom(values);
    return tensor;
  }
}
