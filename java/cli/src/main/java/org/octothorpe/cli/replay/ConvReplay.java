package org.octothorpe.cli.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.Pass;
import org.octothorpe.ops.GroupedConv;

/** Cases of kind {@code grouped_conv2d}: y, grad_x, grad_w and, with a bias, grad_b. */
final class ConvReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    GroupedConv conv = convolution(golden);
    DType dtype = precision.dtype();
    try (Scratch scratch = new Scratch(device)) {
      Tensor x = scratch.channelsLast(dtype, golden, "x");
      Tensor weight = scratch.channelsLast(dtype, golden, "w");
      Tensor dy = scratch.channelsLast(dtype, golden, "grad_y");
      Tensor bias = golden.has("b") ? scratch.of(DType.F32, golden.tensor("b")) : null;
      Tensor y = scratch.poisoned(dtype, dy.shape());
      Tensor dx = scratch.poisoned(dtype, x.shape());
      Tensor dweight = scratch.poisoned(DType.F32, weight.shape());
      Tensor dbias = bias == null ? null : scratch.poisoned(DType.F32, bias.shape());
      Tensor workspace = scratch.workspace(workspaceBytes(device, conv, x, weight, y, dtype));
      conv.forward(device, x, weight, bias, y, workspace).run();
      conv.backwardData(device, dy, weight, dx, workspace).run();
      conv.backwardWeight(device, x, dy, dweight, dbias, workspace).run();
      return compare(precision, golden, y, dx, dweight, dbias);
    }
  }

  private static List<Comparison> compare(
      Precision precision,
      GoldenCase golden,
      Tensor y,
      Tensor dx,
      Tensor dweight,
      @Nullable Tensor dbias) {
    // Small integers: every sum is exact in F32, whatever its order.
    boolean exact = golden.parameters().path("exact_integers").asBoolean() && precision.isF32();
    Shape w = dweight.shape();
    double filter = w.get(1) * w.get(2);
    double outputs = y.shape().get(0) * y.shape().get(1) * y.shape().get(2);
    double outputsPerGroup = (double) w.get(0) / golden.parameter("groups").asLong();
    List<Comparison> comparisons = new ArrayList<>();
    comparisons.add(image(golden, "y", y, exact ? 0 : precision.sum(filter * w.get(3) + 1)));
    comparisons.add(
        image(golden, "grad_x", dx, exact ? 0 : precision.sum(filter * outputsPerGroup)));
    comparisons.add(image(golden, "grad_w", dweight, exact ? 0 : precision.f32Sum(outputs)));
    if (dbias != null) {
      comparisons.add(
          Comparison.of(
              "grad_b",
              golden.tensor("grad_b").toDoubles(),
              dbias.toFloats(),
              exact ? 0 : precision.f32Sum(outputs)));
    }
    return comparisons;
  }

  private static Comparison image(GoldenCase golden, String key, Tensor actual, double tolerance) {
    double[] expected = golden.tensor(key).permute(0, 2, 3, 1).toDoubles();
    return Comparison.of(key, expected, actual.toFloats(), tolerance);
  }

  private static long workspaceBytes(
      Device device, GroupedConv conv, Tensor x, Tensor weight, Tensor y, DType dtype) {
    long bytes = 0;
    for (Pass pass : Pass.values()) {
      bytes =
          Math.max(
              bytes,
              conv.workspaceBytes(device, pass, x.shape(), weight.shape(), y.shape(), dtype));
    }
    return bytes;
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
