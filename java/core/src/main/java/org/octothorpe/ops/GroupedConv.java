package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_conv;
import org.octothorpe.bindings.oct_grouped_conv_forward_fused_args;
import org.octothorpe.bindings.octothorpe;

/**
 * The 2-D convolution, for any number of groups: with more than one, the cardinality of ResNeXt,
 * channel block {@code g} of {@code y} sees only channel block {@code g} of {@code x}.
 *
 * <p>x [N,H,W,C], weight [K,R,S,C/G], y [N,P,Q,K], F32 or BF16, accumulated in F32; bias F32 [K];
 * dweight and dbias F32. P = (H + 2 paddingH - dilationH (R - 1) - 1) / strideH + 1, Q alike. Who
 * computes it is the device's answer, see {@link Kernels}.
 *
 * @param groups divides C and K; 1 for a dense convolution
 * @param strideH distance of windows along H, &gt;= 1
 * @param strideW distance of windows along W, &gt;= 1
 * @param paddingH rows of zeros above and below, &gt;= 0
 * @param paddingW columns of zeros left and right, &gt;= 0
 * @param dilationH distance of taps along H, &gt;= 1
 * @param dilationW distance of taps along W, &gt;= 1
 * @see <a href="https://arxiv.org/abs/1611.05431">Xie et al. 2017</a>
 */
@CheckReturnValue
public record GroupedConv(
    long groups,
    long strideH,
    long strideW,
    long paddingH,
    long paddingW,
    long dilationH,
    long dilationW) {
  /** Returns the geometry with the same stride and padding along both axes, without dilation. */
  public static GroupedConv of(long groups, long stride, long padding) {
    return new GroupedConv(groups, stride, stride, padding, padding, 1, 1);
  }

  /**
   * Returns the output extent along one axis.
   *
   * @param input extent of the input, {@code taps} that of the filter
   */
  public static long outputExtent(long input, long taps, long stride, long padding, long dilation) {
    return (input + 2 * padding - dilation * (taps - 1) - 1) / stride + 1;
  }

  /** Returns the shape of y, [N,P,Q,K], for those of x [N,H,W,C] and weight [K,R,S,C/G]. */
  public Shape outputShape(Shape x, Shape weight) {
    return Shape.nhwc(
        x.get(0),
        outputExtent(x.get(1), weight.get(1), strideH, paddingH, dilationH),
        outputExtent(x.get(2), weight.get(2), strideW, paddingW, dilationW),
        weight.get(0));
  }

  /**
   * y = x * weight + bias.
   *
   * @throws IllegalArgumentException if shapes, types or geometry break a rule; the message names
   *     the argument, its value and the rule
   */
  public Call forward(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor y) {
    return call(new ConvProblem(this, Pass.FORWARD, x, weight, bias, y));
  }

  /** dx from dy and weight; overwrites dx. */
  public Call backwardData(Tensor dy, Tensor weight, Tensor dx) {
    return call(new ConvProblem(this, Pass.BACKWARD_DATA, dx, weight, null, dy));
  }

  /** dweight F32 and dbias F32 (or null) from x and dy; overwrites both. */
  public Call backwardWeight(Tensor x, Tensor dy, Tensor dweight, @Nullable Tensor dbias) {
    return call(new ConvProblem(this, Pass.BACKWARD_WEIGHT, x, dweight, dbias, dy));
  }

  private static Call call(ConvProblem problem) {
    return Kernels.of(problem.x().device()).convolution(problem);
  }

  /**
   * What is done to x before a fused convolution, a batch normalization with known statistics: x
   * scale + shift, rounded to x's type; padding stays 0.
   *
   * @param scale F32 [C]
   * @param shift F32 [C]
   * @param relu whether negative values become 0
   */
  public record Prologue(Tensor scale, Tensor shift, boolean relu) {}

  /**
   * Statistics over N, P and Q of y as it is stored, which a fused convolution leaves for the batch
   * normalization behind it.
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
   * @throws org.octothorpe.OctothorpeException if the device has no kernel for it
   */
  public Call forwardFused(
      Tensor x,
      @Nullable Prologue prologue,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor y,
      @Nullable Moments moments) {
    int relu = prologue != null && prologue.relu() ? 1 : 0;
    try (oct_conv conv = struct()) {
      return NativeCall.<oct_grouped_conv_forward_fused_args>prepare(
          "grouped_conv_forward_fused",
          octothorpe::oct_grouped_conv_forward_fused_prepare,
          new oct_grouped_conv_forward_fused_args().conv(conv).input_relu(relu),
          x,
          prologue == null ? null : prologue.scale(),
          prologue == null ? null : prologue.shift(),
          weight,
          bias,
          y,
          moments == null ? null : moments.mean(),
          moments == null ? null : moments.variance());
    }
  }

  /** Returns the native geometry, to be closed. */
  oct_conv struct() {
    oct_conv conv = new oct_conv();
    conv.groups(groups).stride_h(strideH).stride_w(strideW);
    conv.padding_h(paddingH).padding_w(paddingW);
    conv.dilation_h(dilationH).dilation_w(dilationW);
    return conv;
  }

  @Override
  public String toString() {
    return "groups "
        + groups
        + ", stride "
        + axes(strideH, strideW)
        + ", padding "
        + axes(paddingH, paddingW)
        + (dilationH == 1 && dilationW == 1 ? "" : ", dilation " + axes(dilationH, dilationW));
  }

  private static String axes(long h, long w) {
    return h == w ? Long.toString(h) : h + "x" + w;
  }
}
