package org.octothorpe.cli.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.io.HostTensor;
import org.octothorpe.Call;
import org.octothorpe.ops.Sgd;

/**
 * Cases of kind {@code sgd}: parameters and momentum after every step. Masters, gradients and
 * momentum are F32 whatever the type of the activations, so the type changes nothing here.
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
    List<Comparison> comparisons = new ArrayList<>();
    try (Scratch scratch = new Scratch(device);
        Sgd sgd =
            new Sgd(
                (float) golden.parameter("momentum").asDouble(),
                golden.parameter("nesterov").asBoolean())) {
      Tensor parameter = scratch.of(DType.F32, flat, start.toFloats());
      Tensor gradient = scratch.empty(DType.F32, flat);
      Tensor momentum = scratch.of(DType.F32, flat, new float[start.elements()]);
      Tensor ends = scratch.empty(DType.I64, Shape.of(1));
      ends.copyFrom(new long[] {start.elements()});
      Tensor decays = scratch.of(DType.F32, Shape.of(1), new float[] {decay});
      Call step = sgd.step(device, parameter, gradient, momentum, null, ends, decays);
      JsonNode rates = golden.parameter("lr_per_step");
      for (int i = 1; i <= rates.size(); i++) {
        gradient.copyFrom(golden.tensor(name + "_grad_step" + i).toFloats());
        sgd.learningRate((float) rates.get(i - 1).asDouble());
        step.run();
        // Seven roundings a step (products, sums, constants), carried along.
        double tolerance = 7 * i * Precision.F32_ROUNDOFF;
        comparisons.add(compare(golden, name + "_after_step" + i, parameter, tolerance));
        comparisons.add(compare(golden, name + "_momentum_after_step" + i, momentum, tolerance));
      }
    }
    return comparisons;
  }

  private static Comparison compare(
      GoldenCase golden, String key, Tensor actual, double tolerance) {
    return Comparison.of(key, golden.tensor(key).toDoubles(), actual.toFloats(), tolerance);
  }
}
