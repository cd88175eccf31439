package org.octothorpe.cli.replay;

import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.MaxPool;

/** Maximum over windows, with ties. */
final class MaxPoolReplayer implements Replayer {
  @Override
  public List<Comparison> replay(GoldenCase golden, Device device, DType dtype) {
    MaxPool pool = new MaxPool(golden.integer("kernel"), golden.integer("stride"), golden.integer("padding"));
    Tensor x = Replayer.uploadChannelsLast(device, golden.tensor("x"), dtype);
    Tensor dy = Replayer.uploadChannelsLast(device, golden.tensor("grad_y"), dtype);
    Shape shape = dy.shape();
    Tensor y = device.allocate(dtype, shape);
    Tensor index = device.allocate(DType.U8, shape);
    Tensor dx = device.allocate(dtype, x.shape());
    pool.forward(device, x, y, index).run();
    pool.backward(device, dy, index, dx).run();
    // A maximum is a copy; a gradient is a sum over the windows that a place wins.
    double windows = Math.ceil((double) pool.kernel() / pool.stride());
    double tolerance = Replayer.ofSum(dtype, windows * windows);
    List<Comparison> results =
        List.of(
            dtype == DType.F32
                ? Comparison.exact("y", Replayer.downloadChannelsFirst(y), golden.values("y"))
                : Comparison.within("y", Replayer.downloadChannelsFirst(y), golden.values("y"), BF16_ROUNDING),
            Comparison.within("grad_x", Replayer.downloadChannelsFirst(dx), golden.values("grad_x"), tolerance));
    Replayer.close(x, dy, y, index, dx);
    return results;
  }
}
