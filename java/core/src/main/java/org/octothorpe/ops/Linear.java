package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Pass;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_linear_backward_weight_sgd_args;
import org.octothorpe.bindings.octothorpe;

/**
 * The fully connected layer, y = x weight^T + bias.
 *
 * <p>x [B,D], weight [V,D], y [B,V], F32 or BF16, accumulated in F32; bias F32 [V]; dweight and
 * dbias F32. Who computes it is the device's answer, see {@link Kernels}.
 */
@CheckReturnValue
public final class Linear {
  private Linear() {}

  /** y = x weight^T + bias; bias may be null. */
  public static Call forward(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor y) {
    return call(new LinearProblem(Pass.FORWARD, x, weight, bias, y));
  }

  /** dx = dy weight; overwrites dx. */
  public static Call backwardData(Tensor dy, Tensor weight, Tensor dx) {
    return call(new LinearProblem(Pass.BACKWARD_DATA, dx, weight, null, dy));
  }

  /** dweight = dy^T x and dbias = the sum of dy over the batch (or null); overwrites both. */
  public static Call backwardWeight(Tensor x, Tensor dy, Tensor dweight, @Nullable Tensor dbias) {
    return call(new LinearProblem(Pass.BACKWARD_WEIGHT, x, dweight, dbias, dy));
  }

  private static Call call(LinearProblem problem) {
    return Kernels.of(problem.x().device()).linear(problem);
  }

  /**
   * The gradient of the weight and the optimizer's step in one: the gradient never reaches memory.
   *
   * @param sgd momentum and the rates, which are read when the call runs
   * @param decay weight decay, &gt;= 0
   * @param weight F32 [V,D], updated
   * @param buffer F32 [V,D], updated
   * @param weightBf16 BF16 [V,D] that receives the new weight, or null
   */
  public static Call backwardWeightSgd(
      Sgd sgd,
      float decay,
      Tensor x,
      Tensor dy,
      Tensor weight,
      Tensor buffer,
      @Nullable Tensor weightBf16) {
    return NativeCall.<oct_linear_backward_weight_sgd_args>prepare(
        "linear_backward_weight_sgd",
        octothorpe::oct_linear_backward_weight_sgd_prepare,
        new oct_linear_backward_weight_sgd_args()
            .momentum(sgd.momentum())
            .nesterov(sgd.nesterov() ? 1 : 0)
            .decay(decay),
        x,
        dy,
        weight,
        buffer,
        weightBf16,
        sgd.rates());
  }
}
