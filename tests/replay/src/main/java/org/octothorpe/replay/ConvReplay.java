package org.octothorpe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.oracle.NaiveConv;
import org.octothorpe.oracle.Sums;

/** Cases of kind {@code grouped_conv2d}: y, grad_x, grad_w and, with a bias, grad_b. */
final class ConvReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    GroupedConv conv = convolution(golden);
    DType dtype = precision.dtype();
    Results results = new Results(precision, golden);
    try (Scratch scratch = new Scratch(device)) {
      Tensor x = scratch.channelsLast(dtype, golden, "x");
      Tensor weight = scratch.channelsLast(dtype, golden, "w");
      Tensor dy = scratch.channelsLast(dtype, golden, "grad_y");
      Tensor bias = golden.has("b") ? scratch.of(DType.F32, golden.tensor("b")) : null;
      Tensor y = scratch.poisoned(dtype, dy.shape());
      Tensor dx = scratch.poisoned(dtype, x.shape());
      Tensor dweight = scratch.poisoned(DType.F32, weight.shape());
      Tensor dbias = bias == null ? null : scratch.poisoned(DType.F32, bias.shape());
      Scratch.run(conv.forward(x, weight, bias, y));
      Scratch.run(conv.backwardData(dy, weight, dx));
      Scratch.run(conv.backwardWeight(x, dy, dweight, dbias));
      NaiveConv naive = new NaiveConv(conv, x.shape(), weight.shape());
      double[] xs = golden.channelsLastDoubles("x");
      double[] weights = golden.channelsLastDoubles("w");
      double[] dys = golden.channelsLastDoubles("grad_y");
      double[] biases = bias == null ? null : golden.tensor("b").toDoubles();
      Shape w = weight.shape();
      double filter = w.get(1) * w.get(2);
      double outputs = dy.shape().get(0) * dy.shape().get(1) * dy.shape().get(2);
      double outputsPerGroup = (double) w.get(0) / conv.groups();
      Sums ySums = naive.forward(xs, weights, biases);
      results.add("y", y, precision.sum(filter * w.get(3) + 1), ySums);
      Sums dxSums = naive.backwardData(dys, weights);
      results.add("grad_x", dx, precision.sum(filter * outputsPerGroup), dxSums);
      results.add("grad_w", dweight, precision.f32Sum(outputs), naive.backwardWeight(xs, dys));
      if (dbias != null) {
        results.add("grad_b", dbias, precision.f32Sum(outputs), naive.backwardBias(dys));
      }
    }
    return results.comparisons;
  }

  /** Collects the verdicts. */
  private static final class Results {
    private final List<Comparison> comparisons = new ArrayList<>();
    private final Precision precision;
    private final GoldenCase golden;
    private final boolean exact;

    Results(Precision precision, GoldenCase golden) {
      this.precision = precision;
      this.golden = golden;
      // Small integers: every sum is exact in F32, whatever its order.
      this.exact = golden.parameters().path("exact_integers").asBoolean() && precision.isF32();
    }

    /** Compares a result; {@code sums} are those that it is made of. */
    void add(String key, Tensor actual, double tolerance, Sums sums) {
      double[] expected =
          actual.shape().rank() == 4
              ? golden.channelsLastDoubles(key)
              : golden.tensor(key).toDoubles();
      comparisons.add(
          Comparison.of(
              key,
              expected,
              actual.toFloats(),
              exact ? 0 : tolerance,
              exact ? 0 : precision.floor(sums)));
    }
  }

  private static GroupedConv convolution(GoldenCase golden) {
    return new GroupedConv(
        golden.parameter("groups").asLong(),
        axis(golden, "stride", 0),
        axis(golden, "stride", 1),
        axis(golden, "padding", 0),
        axis(golden, "padding", 1),
        axis(golden, "dilation", 0),
        axis(golden, "dilation", 1));
  }

  private static long axis(GoldenCase golden, String key, int axis) {
    JsonNode value = golden.parameter(key);
    return value.isArray() ? value.get(axis).asLong() : value.asLong();
  }
}
