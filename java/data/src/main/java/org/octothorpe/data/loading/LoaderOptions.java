package org.octothorpe.data.loading;

import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.augment.Augmentation;

/**
 * A description of the batches that a {@link Loader} delivers. It never changes: each method that
 * sets a value returns a new description.
 *
 * <p>The defaults: 224 x 224 pixels, seed 0, shuffled, endless, the augmentation {@link
 * Augmentation#forTraining}, one thread per processor, 4 batches at once, one process.
 */
public final class LoaderOptions implements Cloneable {
  private final Dataset data;
  private final int batch;
  private int imageSize = 224;
  private long seed;
  private boolean shuffled = true;
  private boolean once;
  private @Nullable Augmentation augmentation;
  private int threads = Runtime.getRuntime().availableProcessors();
  private int prefetch = 4;
  private long start;
  private int rank;
  private int processes = 1;

  private LoaderOptions(Dataset data, int batch) {
    check(batch >= 1 && batch <= 1 << 20, "batch", batch, "in [1, 2^20]");
    this.data = data;
    this.batch = batch;
  }

  /**
   * Describes batches of a data set.
   *
   * @param batch images per batch and process, in [1, 2^20]
   */
  public static LoaderOptions of(Dataset data, int batch) {
    return new LoaderOptions(data, batch);
  }

  /** Sets rows and columns of the images, in [1, 4096]. */
  public LoaderOptions withImageSize(int pixels) {
    check(pixels >= 1 && pixels <= 4096, "image size", pixels, "in [1, 4096]");
    LoaderOptions copy = copy();
    copy.imageSize = pixels;
    return copy;
  }

  /** Sets the seed of the order and of the augmentation. */
  public LoaderOptions withSeed(long value) {
    LoaderOptions copy = copy();
    copy.seed = value;
    return copy;
  }

  /** Asks for the images in the order of the data set, in place of a random order per epoch. */
  public LoaderOptions inOrder() {
    LoaderOptions copy = copy();
    copy.shuffled = false;
    return copy;
  }

  /**
   * Asks for one epoch, with a smaller last batch; otherwise epochs follow each other without a
   * gap, within a batch too.
   */
  public LoaderOptions once() {
    LoaderOptions copy = copy();
    copy.once = true;
    return copy;
  }

  /** Asks for an evaluation: once, in the order of the data set, the crop in the center. */
  public LoaderOptions forEvaluation() {
    return once().inOrder().withAugmentation(Augmentation.centerCrop());
  }

  /** Sets the choice of the view of each image. */
  public LoaderOptions withAugmentation(Augmentation value) {
    LoaderOptions copy = copy();
    copy.augmentation = value;
    return copy;
  }

  /**
   * Sets the number of threads that read and decode, in [1, 256]. What is delivered does not depend
   * on it.
   */
  public LoaderOptions withThreads(int count) {
    check(count >= 1 && count <= 256, "loader threads", count, "in [1, 256]");
    LoaderOptions copy = copy();
    copy.threads = count;
    return copy;
  }

  /** Sets how many batches exist at once, the one in use included, in [2, 64]. */
  public LoaderOptions withPrefetch(int batches) {
    check(batches >= 2 && batches <= 64, "prefetch", batches, "in [2, 64]");
    LoaderOptions copy = copy();
    copy.prefetch = batches;
    return copy;
  }

  /**
   * Sets how many images were consumed before, by all processes together: the loader resumes
   * exactly there.
   */
  public LoaderOptions withStart(long imagesConsumed) {
    check(imagesConsumed >= 0, "start", imagesConsumed, ">= 0");
    LoaderOptions copy = copy();
    copy.start = imagesConsumed;
    return copy;
  }

  /** Sets this process's place among those that share each step: their batches are disjoint. */
  public LoaderOptions withRank(int rankOfProcess, int processCount) {
    check(processCount >= 1, "processes", processCount, ">= 1");
    check(
        rankOfProcess >= 0 && rankOfProcess < processCount,
        "rank",
        rankOfProcess,
        "in [0, " + processCount + ")");
    LoaderOptions copy = copy();
    copy.rank = rankOfProcess;
    copy.processes = processCount;
    return copy;
  }

  /** Starts a loader. */
  public Loader open() {
    return new Loader(this);
  }

  /** Returns the data set. */
  public Dataset data() {
    return data;
  }

  /** Returns the number of images per batch and process. */
  public int batch() {
    return batch;
  }

  /** Returns rows and columns of the images. */
  public int imageSize() {
    return imageSize;
  }

  long seed() {
    return seed;
  }

  boolean isShuffled() {
    return shuffled;
  }

  int threads() {
    return threads;
  }

  int prefetch() {
    return prefetch;
  }

  Augmentation augmentation() {
    return augmentation != null ? augmentation : Augmentation.forTraining(imageSize);
  }

  /** Returns the positions that each step takes. */
  Steps steps(EpochOrder order) {
    long end = once ? Math.max(order.length(0), start) : Steps.ENDLESS;
    return new Steps(start, end, batch, rank, processes);
  }

  private LoaderOptions copy() {
    try {
      return (LoaderOptions) clone();
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("it is cloneable", e);
    }
  }

  private static void check(boolean holds, String name, long value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(
          "loader: " + name + " is " + value + ", but must be " + rule);
    }
  }
}
