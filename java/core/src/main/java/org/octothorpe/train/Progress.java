package org.octothorpe.train;

/**
 * Where a training run stands after a step.
 *
 * @param step steps taken since the start of the run, resumed parts included
 * @param images images processed, likewise
 * @param totalImages images when the run ends
 * @param epoch the epoch of the last image, from 0
 * @param loss mean loss of the last batch, in nats
 * @param learningRate learning rate of the last step
 * @param seconds wall time of this process in the loop
 * @param waitedSeconds of which it waited for data
 * @param imagesHere images processed by this process
 */
public record Progress(
    long step,
    long images,
    long totalImages,
    long epoch,
    double loss,
    double learningRate,
    double seconds,
    double waitedSeconds,
    long imagesHere) {
  /** Returns images processed a second by this process. */
  public double imagesPerSecond() {
    return seconds > 0 ? imagesHere / seconds : 0;
  }

  /** Returns the share of the wall time in which the step waited for data, in [0,1]. */
  public double waitedShare() {
    return seconds > 0 ? Math.min(1, waitedSeconds / seconds) : 0;
  }
}
