package org.octothorpe.data;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongToIntFunction;
import org.bytedeco.javacpp.BytePointer;
import org.octothorpe.train.Batch;

/** A batch of a loader's ring, while several threads fill it. */
final class Slot {
  private final Dataset data;
  private final Batch batch;
  private final BytePointer[] pixels;
  private final LongToIntFunction sizeOfStep;
  private final AtomicInteger missing = new AtomicInteger();
  boolean ready; // guarded by the ring's lock

  Slot(LoaderOptions options, LongToIntFunction sizeOfStep, Consumer<Slot> recycler) {
    this.data = options.data;
    this.sizeOfStep = sizeOfStep;
    int imageBytes = 3 * options.imageSize * options.imageSize;
    if ((long) imageBytes * options.batch > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "loader: "
              + options.batch
              + " images of "
              + options.imageSize
              + " x "
              + options.imageSize
              + " pixels exceed 2 GiB; a smaller batch or image size is needed");
    }
    int labels = Math.multiplyExact(options.batch, data.maxLabels());
    this.batch =
        new Batch(
            options.batch,
            options.imageSize,
            options.imageSize,
            labels,
            () -> recycler.accept(this));
    // Made once: making a pointer costs more than the calls that use it.
    this.pixels = new BytePointer[options.batch];
    for (int i = 0; i < options.batch; i++) {
      pixels[i] = new BytePointer(batch.pixels()).position((long) i * imageBytes);
    }
  }

  Batch batch() {
    return batch;
  }

  int size() {
    return batch.size();
  }

  void begin(long step) {
    batch.size(sizeOfStep.applyAsInt(step));
    missing.set(batch.size());
  }

  /** Returns where the pixels of image {@code image} belong: a decoder writes them there. */
  BytePointer pixels(int image) {
    return pixels[image];
  }

  /** Names the sample that image {@code image} shows. */
  void sample(int image, int sample) {
    batch.samples()[image] = sample;
  }

  /**
   * Counts images as filled; true for the last of them, after which the labels are in place too.
   */
  boolean filled(int images) {
    if (missing.addAndGet(-images) != 0) {
      return false;
    }
    int labels = 0;
    for (int i = 0; i < batch.size(); i++) {
      int sample = (int) batch.samples()[i];
      for (int k = 0; k < data.labelCount(sample); k++) {
        batch.labels().put(labels++, data.label(sample, k));
      }
      batch.offsets().put(i + 1L, labels);
    }
    return true;
  }
}
