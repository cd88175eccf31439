package org.octothorpe.train;

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

  /** Returns whether its memory was freed. */
  public boolean isClosed() {
    return closed;
  }

  /**
   * Frees the memory; twice is harmless. The owner does that: a {@link BatchSource} owns its
   * batches.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      pixels.close();
      offsets.close();
      labels.close();
    }
  }
}
