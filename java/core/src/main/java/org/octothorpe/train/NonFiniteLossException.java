package org.octothorpe.train;

/**
 * The loss of a step is infinite or no number. The trained parameters are those of before the step;
 * the running statistics have seen its batch.
 */
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final double learningRate;

  /**
   * Describes the step.
   *
   * @param step the step, from 0
   * @param loss what the loss was
   * @param learningRate the learning rate that the step would have had
   */
  public NonFiniteLossException(long step, double loss, double learningRate) {
    super(
        "the loss is "
            + loss
            + " in step "
            + step
            + " at learning rate "
            + learningRate
            + "; the step was not taken. A lower learning rate or a longer warm-up usually helps");
    this.step = step;
    this.learningRate = learningRate;
  }

  /** Returns the step, from 0. */
  public long step() {
    return step;
  }

  /** Returns the learning rate that the step would have had. */
  public double learningRate() {
    return learningRate;
  }
}
