package org.octothorpe.data.loading;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.images.PixelBuffer;
import org.octothorpe.train.Batch;

/** A batch of a loader's ring, while several threads fill it. */
final class PendingBatch {
  private final Dataset data;
  private final Batch batch;
  private final PixelBuffer[] pixels;
  private final IntBuffer labels;
  private final IntBuffer offsets;
  private final AtomicInteger missing = new AtomicInteger();
  boolean ready; // guarded by the ring's lock

  /** Allocates a batch. */
  PendingBatch(LoaderOptions options) {
    this.data = options.data();
    int imageBytes = 3 * options.imageSize() * options.imageSize();
    if ((long) imageBytes * options.batch() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "loader: "
              + options.batch()
              + " images of "
              + options.imageSize()
              + " x "
              + options.imageSize()
              + " pixels exceed 2 GiB; a smaller batch or image size is needed");
    }
    int maxLabels = Math.multiplyExact(options.batch(), data.maxLabels());
    this.batch = new Batch(options.batch(), options.imageSize(), options.imageSize(), maxLabels);
    this.labels = batch.labels().ints();
    this.offsets = batch.offsets().ints();
    // Made once: making a pointer costs more than the calls that use it.
    this.pixels = new PixelBuffer[options.batch()];
    ByteBuffer all = batch.pixels().bytes();
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = PixelBuffer.at(all.position(i * imageBytes));
    }
  }

  Batch batch() {
    return batch;
  }

  int size() {
    return batch.size();
  }

  /** Starts to be filled with {@code size} images. */
  void begin(int size) {
    batch.setSize(size);
    missing.set(size);
  }

  /** Returns where the pixels of image {@code image} belong: a decoder writes them there. */
  PixelBuffer pixels(int image) {
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
    int count = 0;
    for (int i = 0; i < batch.size(); i++) {
      int sample = (int) batch.samples()[i];
      for (int k = 0; k < data.labelCount(sample); k++) {
        labels.put(count++, data.label(sample, k));
      }
      offsets.put(i + 1, count);
    }
    return true;
  }
}
