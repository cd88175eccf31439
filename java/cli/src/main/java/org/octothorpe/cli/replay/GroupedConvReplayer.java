package org.octothorpe.cli.replay;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.dense.DensePass;
import org.octothorpe.io.HostTensor;
import org.octothorpe.ops.GroupedConv;

/** Grouped convolutions: all three passes. */
final class GroupedConvReplayer implements Replayer {
  @Override
  public List<Comparison> replay(GoldenCase golden, Device device, DType dtype) {
    GroupedConv conv =
        new GroupedConv(
            golden.integer("groups"),
            golden.integer("stride", 0),
            golden.integer("stride", 1),
            golden.integer("padding", 0),
            golden.integer("padding", 1),
            golden.integer("dilation", 0),
            golden.integer("dilation", 1));
    boolean exact = golden.flag("exact_integers") && dtype == DType.F32;
    boolean biased = golden.has("b");
    List<Comparison> results = new ArrayList<>();
    Tensor x = Replayer.uploadChannelsLast(device, golden.tensor("x"), dtype);
    Tensor weight = Replayer.uploadChannelsLast(device, golden.tensor("w"), dtype);
    Tensor dy = Replayer.uploadChannelsLast(device, golden.tensor("grad_y"), dtype);
    Tensor bias = biased ? Replayer.upload(device, golden.tensor("b"), DType.F32) : null;
    Shape ys = conv.outputShape(x.shape(), weight.shape());
    Tensor y = device.allocate(dtype, ys);
    Tensor dx = device.allocate(dtype, x.shape());
    Tensor dweight = device.allocate(DType.F32, weight.shape());
    Tensor dbias = biased ? device.allocate(DType.F32, Shape.of(ys.get(3))) : null;
    Shape ws = weight.shape();
    double taps = (double) ws.get(1) * ws.get(2);
    double pixels = (double) ys.get(0) * ys.get(1) * ys.get(2);

    Tensor scratch = scratch(conv, device, DensePass.FORWARD, x, weight, ys, dtype);
    conv.forward(device, x, weight, bias, y, scratch).run();
    results.add(check(exact, "y", Replayer.downloadChannelsFirst(y), golden, Replayer.ofSum(dtype, taps * ws.get(3))));
    Replayer.close(scratch);

    scratch = scratch(conv, device, DensePass.BACKWARD_DATA, x, weight, ys, dtype);
    conv.backwardData(device, dy, weight, dx, scratch).run();
    double outputsPerGroup = (double) ws.get(0) / conv.groups();
    results.add(
        check(exact, "grad_x", Replayer.downloadChannelsFirst(dx), golden, Replayer.ofSum(dtype, taps * outputsPerGroup)));
    Replayer.close(scratch);

    scratch = scratch(conv, device, DensePass.BACKWARD_WEIGHT, x, weight, ys, dtype);
    conv.backwardWeight(device, x, dy, dweight, dbias, scratch).run();
    results.add(
        check(exact, "grad_w", Replayer.downloadChannelsFirst(dweight), golden, Replayer.ofSum(dtype, pixels)));
    if (dbias != null) {
      results.add(check(exact, "grad_b", Replayer.download(dbias), golden, Replayer.ofSum(dtype, pixels)));
    }
    Replayer.close(scratch, x, weight, dy, bias, y, dx, dweight, dbias);
    return results;
  }

  private static @Nullable Tensor scratch(
      GroupedConv conv, Device device, DensePass pass, Tensor x, Tensor weight, Shape y, DType dtype) {
    return Replayer.workspace(device, conv.workspaceBytes(device, pass, x.shape(), weight.shape(), y, dtype));
  }

  private static Comparison check(boolean exact, String name, double[] actual, GoldenCase golden, double tolerance) {
    HostTensor expected = golden.tensor(name);
    return exact
        ? Comparison.exact(name, actual, expected.toDoubles())
        : Comparison.within(name, actual, expected.toDoubles(), tolerance);
  }
}
