package org.octothorpe.train;

import org.jspecify.annotations.Nullable;
import org.octothorpe.HostBuffer;

/**
 * A batch of images and their labels in native host memory, made once and filled again and again.
 *
 * <p>Labels are in CSR form: image i has the class ids {@code labels[offsets[i] .. offsets[i +
 * 1])}.
 */
public final class Batch implements AutoCloseable {
  private final int capacity;
  private final int height;
  private final int width;
  private final int maxLabels;
  private final HostBuffer pixels;
  private final HostBuffer offsets;
  private final HostBuffer labels;
  private final long[] samples;
  private final @Nullable Runnable recycler;
  private int size;
  private boolean closed;

  /**
   * Allocates a batch.
   *
   * @param capacity the maximum number of images
   * @param height rows per image
   * @param width columns per image
   * @param maxLabels the maximum number of labels in a batch
   */
  public Batch(int capacity, int height, int width, int maxLabels) {
    this(capacity, height, width, maxLabels, null);
  }

  /**
   * Allocates a batch that goes back to its owner when it is closed; the owner frees it.
   *
   * @param recycler what {@link #close} runs in place of {@link #free}; null for none
   */
  public Batch(int capacity, int height, int width, int maxLabels, @Nullable Runnable recycler) {
    if (capacity < 1 || height < 1 || width < 1 || maxLabels < 1) {
      throw new IllegalArgumentException(
          "a batch of "
              + capacity
              + " images of "
              + height
              + "x"
              + width
              + " with up to "
              + maxLabels
              + " labels: all must be >= 1");
    }
    this.capacity = capacity;
    this.height = height;
    this.width = width;
    this.maxLabels = maxLabels;
    this.pixels = new HostBuffer((long) capacity * height * width * 3);
    this.offsets = new HostBuffer((capacity + 1L) * Integer.BYTES);
    this.labels = new HostBuffer((long) maxLabels * Integer.BYTES);
    this.samples = new long[capacity];
    this.recycler = recycler;
    offsets.ints().put(0, 0);
  }

  /** Returns the most images that it holds. */
  public int capacity() {
    return capacity;
  }

  /** Returns the rows of an image. */
  public int height() {
    return height;
  }

  /** Returns the columns of an image. */
  public int width() {
    return width;
  }

  /** Returns the most labels that it holds. */
  public int maxLabels() {
    return maxLabels;
  }

  /** Returns the number of images in it. */
  public int size() {
    return size;
  }

  /** Sets the number of images in it. */
  public void setSize(int images) {
    if (images < 0 || images > capacity) {
      throw new IllegalArgumentException(
          "size is " + images + ", but must be in [0," + capacity + "]");
    }
    size = images;
  }

  /** Returns the pixels, u8 [size, height, width, 3], RGB. */
  public HostBuffer pixels() {
    return pixels;
  }

  /** Returns the label offsets, i32 [size + 1]. */
  public HostBuffer offsets() {
    return offsets;
  }

  /** Returns the labels, i32 [offsets[size]]. */
  public HostBuffer labels() {
    return labels;
  }

  /** Returns the index of each image in its data set. */
  public long[] samples() {
    return samples;
  }

  /** Hands the batch back to its owner, or frees it if it has none. */
  @Override
  public void close() {
    if (recycler != null) {
      recycler.run();
    } else {
      free();
    }
  }

  /** Frees the memory; twice is harmless. */
  public void free() {
    if (!closed) {
      closed = true;
      pixels.close();
      offsets.close();
      labels.close();
    }
  }
}
