package org.octothorpe.data;

import org.jspecify.annotations.Nullable;

/**
 * A description of the batches that a {@link Loader} delivers; each method changes one default and
 * returns this.
 *
 * <p>The defaults: 224 x 224 pixels, seed 0, shuffled, endless, the augmentation {@link
 * Augmentation#forTraining}, one thread for each processor, 4 batches at once, one process.
 */
public final class LoaderOptions {
  final Dataset data;
  final int batch;
  int imageSize = 224;
  long seed;
  boolean shuffle = true;
  boolean once;
  @Nullable Augmentation augmentation;
  int threads = Runtime.getRuntime().availableProcessors();
  int prefetch = 4;
  long start;
  int rank;
  int processes = 1;

  LoaderOptions(Dataset data, int batch) {
    check(batch >= 1 && batch <= 1 << 20, "batch", batch, "in [1, 2^20]");
    this.data = data;
    this.batch = batch;
  }

  /** Sets rows and columns of the images, in [1, 4096]. */
  public LoaderOptions imageSize(int pixels) {
    check(pixels >= 1 && pixels <= 4096, "image size", pixels, "in [1, 4096]");
    this.imageSize = pixels;
    return this;
  }

  /** Sets the seed of the order and of the augmentation. */
  public LoaderOptions seed(long value) {
    this.seed = value;
    return this;
  }

  /** Sets whether each epoch has a random order of its own; false: the order of the data set. */
  public LoaderOptions shuffle(boolean on) {
    this.shuffle = on;
    return this;
  }

  /**
   * Ends after one epoch, with a smaller last batch; else epochs follow each other without a gap,
   * within a batch too.
   */
  public LoaderOptions once() {
    this.once = true;
    return this;
  }

  /** Describes an evaluation: once, in the order of the data set, the crop in the centre. */
  public LoaderOptions evaluation() {
    return once().shuffle(false).augmentation(Augmentation.centreCrop());
  }

  /** Sets the choice of the view of each image. */
  public LoaderOptions augmentation(Augmentation value) {
    this.augmentation = value;
    return this;
  }

  /**
   * Sets the number of threads that read and decode, in [1, 256]. What is delivered does not depend
   * on it.
   */
  public LoaderOptions threads(int count) {
    check(count >= 1 && count <= 256, "loader threads", count, "in [1, 256]");
    this.threads = count;
    return this;
  }

  /** Sets how many batches there are at once, the one in use included, in [2, 64]. */
  public LoaderOptions prefetch(int batches) {
    check(batches >= 2 && batches <= 64, "prefetch", batches, "in [2, 64]");
    this.prefetch = batches;
    return this;
  }

  /**
   * Sets how many images were consumed before, by all processes together: the loader goes on
   * exactly there.
   */
  public LoaderOptions start(long imagesConsumed) {
    check(imagesConsumed >= 0, "start", imagesConsumed, ">= 0");
    this.start = imagesConsumed;
    return this;
  }

  /** Sets this process's place among those that share each step: their batches are disjoint. */
  public LoaderOptions rank(int rankOfProcess, int processCount) {
    check(processCount >= 1, "processes", processCount, ">= 1");
    check(
        rankOfProcess >= 0 && rankOfProcess < processCount,
        "rank",
        rankOfProcess,
        "in [0, " + processCount + ")");
    this.rank = rankOfProcess;
    this.processes = processCount;
    return this;
  }

  /** Starts the threads. */
  public Loader open() {
    return new Loader(this);
  }

  Augmentation augmentationOrDefault() {
    return augmentation != null ? augmentation : Augmentation.forTraining(imageSize);
  }

  private static void check(boolean holds, String name, long value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(
          "loader: " + name + " is " + value + ", but must be " + rule);
    }
  }
}
