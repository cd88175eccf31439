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
import org.octothorpe.bindings.oct_grouped_conv;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.Pass;

/**
 * Grouped 2-D convolution, the cardinality of ResNeXt: channel block {@code g} of {@code y} sees
 * only channel block {@code g} of {@code x}.
 *
 * <p>x [N,H,W,C], weight [K,R,S,C/G], y [N,P,Q,K]; F32 or BF16, accumulated in F32; dweight and
 * dbias F32.
 *
 * @param groups G; C and K are divisible by it
 * @param strideH stride of rows
 * @param strideW stride of columns
 * @param paddingH rows of zeros above and below
 * @param paddingW columns of zeros left and right
 * @param dilationH distance of filter rows
 * @param dilationW distance of filter columns
 * @see <a href="https://arxiv.org/abs/1611.05431">Xie et al. 2017</a>
 */
public record GroupedConv(
    long groups,
    long strideH,
    long strideW,
    long paddingH,
    long paddingW,
    long dilationH,
    long dilationW) {
  /**
   * Returns the convolution with equal stride and padding for rows and columns, without dilation.
   */
  public static GroupedConv of(long groups, long stride, long padding) {
    return new GroupedConv(groups, stride, stride, padding, padding, 1, 1);
  }

  /** Returns the shape of y. */
  public Shape outputShape(Shape x, Shape weight) {
    long p = (x.get(1) + 2 * paddingH - dilationH * (weight.get(1) - 1) - 1) / strideH + 1;
    long q = (x.get(2) + 2 * paddingW - dilationW * (weight.get(2) - 1) - 1) / strideW + 1;
    return Shape.nhwc(x.get(0), p, q, weight.get(0));
  }

  /**
   * Returns the scratch bytes of a pass.
   *
   * @throws IllegalArgumentException if the shapes do not fit together; the message names them
   * @throws org.octothorpe.OctothorpeException if the device has no kernel for them
   */
  public long workspaceBytes(
      Device device, Pass pass, Shape x, Shape weight, Shape y, DType dtype) {
    return workspaceBytes(device, pass.code(), x, weight, y, dtype);
  }

  /** Returns the scratch bytes of {@link #forwardFused}; throws as {@link #workspaceBytes} does. */
  public long fusedWorkspaceBytes(Device device, Shape x, Shape weight, Shape y, DType dtype) {
    return workspaceBytes(device, octothorpe.OCT_FORWARD_FUSED, x, weight, y, dtype);
  }

  private long workspaceBytes(
      Device device, int pass, Shape x, Shape weight, Shape y, DType dtype) {
    try (Tensor xt = device.unbound(dtype, x);
        Tensor wt = device.unbound(dtype, weight);
        Tensor yt = device.unbound(dtype, y);
        oct_grouped_conv conv = descriptor();
        SizeTPointer bytes = new SizeTPointer(1)) {
      Status.check(
          octothorpe.oct_grouped_conv_workspace(
              device.context(),
              pass,
              conv,
              xt.descriptor(),
              wt.descriptor(),
              yt.descriptor(),
              bytes));
      return bytes.get();
    }
  }

  /** y = x * weight + bias. */
  public Call forward(
      Device device,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor y,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_grouped_conv conv = descriptor();
    oct_tensor xd = x.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor bd = bias == null ? null : bias.descriptor();
    oct_tensor yd = y.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_grouped_conv_forward(context, conv, xd, wd, bd, yd, scratch, bytes));
  }

  /**
   * What is done to x before a fused convolution, a batch normalisation with known statistics: x
   * scale + shift, rounded to x's type; padding stays 0.
   *
   * @param scale F32 [C]
   * @param shift F32 [C]
   * @param relu whether negative values become 0
   */
  public record Prologue(Tensor scale, Tensor shift, boolean relu) {}

  /**
   * Statistics over N, P and Q of y as it is stored, which a fused convolution leaves for the batch
   * normalisation behind it.
   *
   * @param mean F32 [K]
   * @param variance F32 [K], biased
   */
  public record Moments(Tensor mean, Tensor variance) {}

  /**
   * y = prologue(x) * weight + bias, and the moments of y, in one pass over memory. Not on the CPU.
   *
   * @param prologue null: x as it is
   * @param moments overwritten; null: not wanted
   * @param workspace at least {@link #fusedWorkspaceBytes} long
   */
  public Call forwardFused(
      Device device,
      Tensor x,
      @Nullable Prologue prologue,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor y,
      @Nullable Moments moments,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_grouped_conv conv = descriptor();
    oct_tensor xd = x.descriptor();
    oct_tensor scale = prologue == null ? null : prologue.scale().descriptor();
    oct_tensor shift = prologue == null ? null : prologue.shift().descriptor();
    int relu = prologue != null && prologue.relu() ? 1 : 0;
    oct_tensor wd = weight.descriptor();
    oct_tensor bd = bias == null ? null : bias.descriptor();
    oct_tensor yd = y.descriptor();
    oct_tensor mean = moments == null ? null : moments.mean().descriptor();
    oct_tensor variance = moments == null ? null : moments.variance().descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_grouped_conv_forward_fused(
                context, conv, xd, scale, shift, relu, wd, bd, yd, mean, variance, scratch, bytes));
  }

  /** dx from dy and weight; overwrites dx. */
  public Call backwardData(
      Device device, Tensor dy, Tensor weight, Tensor dx, @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_grouped_conv conv = descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor dxd = dx.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_grouped_conv_backward_data(context, conv, dyd, wd, dxd, scratch, bytes));
  }

  /** dweight F32 and dbias F32 (or null) from x and dy; overwrites both. */
  public Call backwardWeight(
      Device device,
      Tensor x,
      Tensor dy,
      Tensor dweight,
      @Nullable Tensor dbias,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_grouped_conv conv = descriptor();
    oct_tensor xd = x.descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor dwd = dweight.descriptor();
    oct_tensor dbd = dbias == null ? null : dbias.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_grouped_conv_backward_weight(
                context, conv, xd, dyd, dwd, dbd, scratch, bytes));
  }

  private oct_grouped_conv descriptor() {
    oct_grouped_conv conv = new oct_grouped_conv();
    conv.groups(groups).stride_h(strideH).stride_w(strideW);
    conv.padding_h(paddingH).padding_w(paddingW);
    conv.dilation_h(dilationH).dilation_w(dilationW);
    return conv;
  }
}
