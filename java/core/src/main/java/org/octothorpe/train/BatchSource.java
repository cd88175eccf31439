package org.octothorpe.train;

/** An endless, ordered stream of training batches, epoch after epoch, each of the same size. */
public interface BatchSource extends AutoCloseable {
  /**
   * Returns the next batch, waiting for it if need be. It is valid until the next one is asked for,
   * and belongs to the source, which closes it.
   *
   * @throws RuntimeException if the data are at fault; the message names file and reason
   */
  Batch next();

  /** Returns the images of an epoch. */
  long epochImages();

  /** Returns the seconds that {@link #next} has waited, in all. */
  double waitedSeconds();

  @Override
  void close();
}
