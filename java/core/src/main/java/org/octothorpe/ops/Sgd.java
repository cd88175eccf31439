package org.octothorpe.ops;

import org.octothorpe.Call;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_sgd;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/**
 * Stochastic gradient descent with momentum, fused over all parameters, in torch's order: g = scale
 * gradient + decay p; buffer = momentum buffer + g; p -= learning rate (nesterov ? g + momentum
 * buffer : buffer).
 *
 * <p>The learning rate is set before a call runs. Buffers start as zeros, which makes the first
 * step torch's.
 */
public final class Sgd implements AutoCloseable {
  private final oct_sgd descriptor = new oct_sgd();

  /** Makes an optimiser with learning rate 0 and gradient scale 1. */
  public Sgd(float momentum, boolean nesterov) {
    descriptor
        .momentum(momentum)
        .nesterov(nesterov ? 1 : 0)
        .first(0)
        .gradient_scale(1)
        .learning_rate(0);
  }

  /** Sets the learning rate of the next steps; finite, &gt;= 0. */
  public void learningRate(float value) {
    descriptor.learning_rate(value);
  }

  /** Sets the factor of the gradients of the next steps; finite. */
  public void gradientScale(float value) {
    descriptor.gradient_scale(value);
  }

  /**
   * A step over flat arrays.
   *
   * @param parameter F32 [n], updated
   * @param gradient F32 [n]
   * @param buffer F32 [n], updated
   * @param parameterBf16 BF16 [n] that receives the new parameters, or null
   * @param segmentEnds I64 [S], ascending; segment s ends before segmentEnds[s]; the last is n
   * @param segmentDecay F32 [S], the weight decay of each segment
   */
  public Call step(
      Device device,
      Tensor parameter,
      Tensor gradient,
      Tensor buffer,
      @Nullable Tensor parameterBf16,
      Tensor segmentEnds,
      Tensor segmentDecay) {
    oct_context context = device.context();
    oct_tensor pd = parameter.descriptor();
    oct_tensor gd = gradient.descriptor();
    oct_tensor bd = buffer.descriptor();
    oct_tensor hd = parameterBf16 == null ? null : parameterBf16.descriptor();
    oct_tensor ed = segmentEnds.descriptor();
    oct_tensor dd = segmentDecay.descriptor();
    return () -> Status.check(octothorpe.oct_sgd_step(context, descriptor, pd, gd, bd, hd, ed, dd));
  }

  /** Returns what the native calls read; it belongs to this object. */
  oct_sgd descriptor() {
    return descriptor;
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
