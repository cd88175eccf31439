package org.octothorpe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.io.HostTensor;
import org.octothorpe.ops.Sgd;

/**
 * Cases of kind {@code sgd}: parameters and momentum after every step; without momentum a case may
 * leave out the latter. Masters, gradients and momentum are F32 whatever the type of the
 * activations, so the type changes nothing here.
 */
final class SgdReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    if (golden.parameters().path("dampening").asDouble() != 0) {
      throw new IllegalArgumentException(
          "dampening is " + golden.parameter("dampening") + ", but the library has none");
    }
    List<Comparison> comparisons = new ArrayList<>();
    for (int p = 0; golden.has("p" + p + "_init"); p++) {
      comparisons.addAll(parameter(device, golden, "p" + p));
    }
    if (comparisons.isEmpty()) {
      throw new IllegalArgumentException("there is no tensor 'p0_init'");
    }
    return comparisons;
  }

  private static List<Comparison> parameter(Device device, GoldenCase golden, String name) {
    HostTensor start = golden.tensor(name + "_init");
    Shape flat = Shape.of(start.elements());
    float decay = (float) golden.parameter("weight_decay").asDouble();
    double momentum = golden.parameter("momentum").asDouble();
    Sizes sizes = new Sizes(start.toDoubles(), momentum, decay);
    List<Comparison> comparisons = new ArrayList<>();
    try (Scratch scratch = new Scratch(device);
        Sgd sgd = new Sgd(device, (float) momentum, golden.parameter("nesterov").asBoolean())) {
      Tensor parameter = scratch.of(DType.F32, flat, start.toFloats());
      Tensor gradient = scratch.empty(DType.F32, flat);
      Tensor buffer = scratch.of(DType.F32, flat, new float[start.elements()]);
      Tensor ends = scratch.empty(DType.I64, Shape.of(1));
      ends.copyFrom(new long[] {start.elements()});
      Tensor decays = scratch.of(DType.F32, Shape.of(1), new float[] {decay});
      JsonNode rates = golden.parameter("lr_per_step");
      try (Call step = sgd.step(parameter, gradient, buffer, null, ends, decays)) {
        for (int i = 1; i <= rates.size(); i++) {
          HostTensor given = golden.tensor(name + "_grad_step" + i);
          double rate = rates.get(i - 1).asDouble();
          gradient.copyFrom(given.toFloats());
          sgd.setLearningRate((float) rate);
          step.run();
          sizes.step(given.toDoubles(), rate);
          String key = name + "_after_step" + i;
          comparisons.add(compare(golden, key, parameter, i, sizes.parameter));
          key = name + "_momentum_after_step" + i;
          if (momentum != 0 || golden.has(key)) {
            comparisons.add(compare(golden, key, buffer, i, sizes.buffer));
          }
        }
      }
    }
    return comparisons;
  }

  /**
   * Seven roundings per step (products, sums, constants), carried along: a part of the values or,
   * where those are what is left of larger ones, two roundoffs per step of the sizes.
   */
  private static Comparison compare(
      GoldenCase golden, String key, Tensor actual, int steps, double... sizes) {
    double tolerance = 7 * steps * Precision.F32_ROUNDOFF;
    double squares = 0;
    for (double size : sizes) {
      squares += size * size;
    }
    double floor = 2 * steps * Precision.F32_ROUNDOFF * Math.sqrt(squares / sizes.length);
    double[] expected = golden.tensor(key).toDoubles();
    return Comparison.of(key, expected, actual.toFloats(), tolerance, floor);
  }

  /** Bounds of all values that the steps so far have added, by element. */
  private static final class Sizes {
    final double[] parameter;
    final double[] buffer;
    private final double momentum;
    private final double decay;

    Sizes(double[] start, double momentum, double decay) {
      this.parameter = new double[start.length];
      this.buffer = new double[start.length];
      this.momentum = momentum;
      this.decay = decay;
      for (int i = 0; i < start.length; i++) {
        parameter[i] = Math.abs(start[i]);
      }
    }

    void step(double[] gradient, double rate) {
      for (int i = 0; i < gradient.length; i++) {
        double g = Math.abs(gradient[i]) + decay * parameter[i];
        buffer[i] = momentum * buffer[i] + g;
        parameter[i] += rate * (g + momentum * buffer[i]);
      }
    }
  }
}
