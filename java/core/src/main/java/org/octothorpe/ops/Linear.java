package org.octothorpe.ops;

import org.octothorpe.Call;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_sgd;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.Pass;

/**
 * The fully connected layer, y = x weight^T + bias.
 *
 * <p>x [B,D], weight [V,D], y [B,V], F32 or BF16, accumulated in F32; bias F32 [V]; dweight and
 * dbias F32. The same bits for any number of threads.
 */
public final class Linear {
  private Linear() {}

  /**
   * Returns the scratch bytes of a pass.
   *
   * @throws IllegalArgumentException if an extent is below 1
   */
  public static long workspaceBytes(
      Device device, Pass pass, long batch, long inputs, long outputs, DType dtype) {
    try (Tensor x = device.unbound(dtype, Shape.of(batch, inputs));
        Tensor weight = device.unbound(dtype, Shape.of(outputs, inputs));
        Tensor y = device.unbound(dtype, Shape.of(batch, outputs));
        SizeTPointer bytes = new SizeTPointer(1)) {
      Status.check(
          octothorpe.oct_linear_workspace(
              device.context(),
              pass.code(),
              x.descriptor(),
              weight.descriptor(),
              y.descriptor(),
              bytes));
      return bytes.get();
    }
  }

  /** y = x weight^T + bias; bias may be null. */
  public static Call forward(
      Device device,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor y,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_tensor xd = x.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor bd = bias == null ? null : bias.descriptor();
    oct_tensor yd = y.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(octothorpe.oct_linear_forward(context, xd, wd, bd, yd, scratch, bytes));
  }

  /** dx = dy weight; overwrites dx. */
  public static Call backwardData(
      Device device, Tensor dy, Tensor weight, Tensor dx, @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_tensor dyd = dy.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor dxd = dx.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(octothorpe.oct_linear_backward_data(context, dyd, wd, dxd, scratch, bytes));
  }

  /** dweight = dy^T x and dbias = the sum of dy over the batch (or null); overwrites both. */
  public static Call backwardWeight(
      Device device,
      Tensor x,
      Tensor dy,
      Tensor dweight,
      @Nullable Tensor dbias,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_tensor xd = x.descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor dwd = dweight.descriptor();
    oct_tensor dbd = dbias == null ? null : dbias.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_linear_backward_weight(context, xd, dyd, dwd, dbd, scratch, bytes));
  }

  /**
   * The gradient of the weight and the optimiser's step in one: the gradient never reaches memory.
   *
   * @param sgd learning rate, momentum and gradient scale, read when the call runs
   * @param decay weight decay, &gt;= 0
   * @param weight F32 [V,D], updated
   * @param buffer F32 [V,D], updated
   * @param weightBf16 BF16 [V,D] that receives the new weight, or null
   * @param workspace of the pass {@link Pass#BACKWARD_WEIGHT}
   */
  public static Call backwardWeightSgd(
      Device device,
      Sgd sgd,
      float decay,
      Tensor x,
      Tensor dy,
      Tensor weight,
      Tensor buffer,
      @Nullable Tensor weightBf16,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_sgd parameters = sgd.descriptor();
    oct_tensor xd = x.descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor bd = buffer.descriptor();
    oct_tensor hd = weightBf16 == null ? null : weightBf16.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_linear_backward_weight_sgd(
                context, parameters, decay, xd, dyd, wd, bd, hd, scratch, bytes));
  }
}
