package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.HostBuffer;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_sgd_step_args;
import org.octothorpe.bindings.octothorpe;

/**
 * Stochastic gradient descent with momentum, as torch's: g = gradientScale gradient + decay
 * parameter; buffer = momentum buffer + g; parameter -= learningRate (nesterov ? g + momentum
 * buffer : buffer). Buffers start as zeros.
 *
 * <p>The learning rate and the gradient scale lie in the device's memory, so that a step prepared
 * once follows a schedule.
 */
@CheckReturnValue
public final class Sgd implements AutoCloseable {
  private final float momentum;
  private final boolean nesterov;
  private final Tensor rates;
  private final HostBuffer host = new HostBuffer(2L * Float.BYTES);
  private final FloatBuffer values = host.floats();

  /**
   * Makes an optimizer with learning rate 0 and gradient scale 1.
   *
   * @param momentum in [0,1)
   * @param nesterov whether a step goes along gradient + momentum buffer
   */
  public Sgd(Device device, float momentum, boolean nesterov) {
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.rates = device.allocate(DType.F32, Shape.of(2));
    setRate(0, 0);
    setRate(1, 1);
  }

  /**
   * Sets the learning rate of the next steps.
   *
   * @param value finite, &gt;= 0; checked when a step runs
   */
  public void setLearningRate(float value) {
    setRate(0, value);
  }

  /**
   * Sets the factor of the gradients of the next steps.
   *
   * @param value finite; checked when a step runs
   */
  public void setGradientScale(float value) {
    setRate(1, value);
  }

  private void setRate(int index, float value) {
    values.put(index, value);
    rates.copyFrom(host);
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
      Tensor parameter,
      Tensor gradient,
      Tensor buffer,
      @Nullable Tensor parameterBf16,
      Tensor segmentEnds,
      Tensor segmentDecay) {
    return NativeCall.<oct_sgd_step_args>prepare(
        "sgd_step",
        octothorpe::oct_sgd_step_prepare,
        new oct_sgd_step_args().momentum(momentum).nesterov(nesterov ? 1 : 0),
        parameter,
        gradient,
        buffer,
        parameterBf16,
        segmentEnds,
        segmentDecay,
        rates);
  }

  float momentum() {
    return momentum;
  }

  boolean nesterov() {
    return nesterov;
  }

  Tensor rates() {
    return rates;
  }

  @Override
  public void close() {
    rates.close();
    host.close();
  }
}
