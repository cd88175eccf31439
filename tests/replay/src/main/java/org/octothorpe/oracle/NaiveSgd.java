package org.octothorpe.oracle;

/**
 * A step of SGD in torch's order: g = gradient + decay parameter; buffer = momentum buffer + g; the
 * parameter goes back by the rate times g + momentum buffer (Nesterov) or the buffer.
 */
public final class NaiveSgd {
  private final Rounding rounding;
  private final double momentum;
  private final boolean nesterov;

  /** Makes an optimizer whose buffers start as zeros. */
  public NaiveSgd(Rounding rounding, double momentum, boolean nesterov) {
    this.rounding = rounding;
    this.momentum = momentum;
    this.nesterov = nesterov;
  }

  /** Updates value {@code i} of parameter and buffer. */
  public void step(
      int i, double[] parameter, double[] buffer, double gradient, double decay, double rate) {
    double g = rounding.f32(gradient + decay * parameter[i]);
    buffer[i] = rounding.f32(momentum * buffer[i] + g);
    double step = nesterov ? rounding.f32(g + momentum * buffer[i]) : buffer[i];
    parameter[i] = rounding.f32(parameter[i] - rate * step);
  }
}
