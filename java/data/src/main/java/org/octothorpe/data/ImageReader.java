package org.octothorpe.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.octothorpe.Natives;
import org.octothorpe.OctothorpeException;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.ops.Status;
import org.octothorpe.random.Philox;

/**
 * One thread's way from a {@link Sample} to pixels: its open files, its buffers, and the native
 * decoder.
 *
 * <p>Its buffers grow to the largest image and stay; closing frees them.
 */
public final class ImageReader implements AutoCloseable {
  /** The most pixels that a JPEG header may claim, against decompression bombs: 100 million. */
  public static final long MAX_PIXELS = 100_000_000;

  private static final int OPEN_FILES = 64;

  private final int size;
  private final Augmentation augmentation;
  private final BytePointer unshifted;
  private final IntPointer width;
  private final IntPointer height;
  private final Map<Path, FileChannel> open = new LinkedHashMap<>(16, 0.75f, true);
  private BytePointer encoded;
  private ByteBuffer encodedBytes;

  /** An image that cannot be used; the message is the reason. */
  public static final class UnusableImage extends Exception {
    private static final long serialVersionUID = 1L;

    UnusableImage(String reason) {
      super(reason);
    }
  }

  /**
   * Makes a reader.
   *
   * @param size rows and columns of the pixels, in [1, 4096]
   * @param augmentation chooses the view of each image
   */
  public ImageReader(int size, Augmentation augmentation) {
    if (size < 1 || size > 4096) {
      throw new IllegalArgumentException("image size is " + size + ", but must be in [1, 4096]");
    }
    Natives.load();
    this.size = size;
    this.augmentation = augmentation;
    this.width = new IntPointer(1L);
    this.height = new IntPointer(1L);
    this.encoded = new BytePointer(1L << 16);
    this.encodedBytes = encoded.asByteBuffer();
    this.unshifted = new BytePointer(3L * size * size);
  }

  /**
   * Reads an image and writes its view: the decoder writes where the pixels stay, unless the view
   * is shifted.
   *
   * @param random the image's own random numbers
   * @param pixels where u8 [size, size, 3] are written, RGB, from its position on
   * @throws UnusableImage if it cannot be read or is no sound JPEG
   */
  public void read(Sample sample, Philox random, BytePointer pixels) throws UnusableImage {
    try {
      load(sample);
    } catch (IOException e) {
      throw new UnusableImage("it cannot be read: " + e);
    }
    View view;
    try {
      Status.check(octothorpe.oct_jpeg_size(encoded, sample.bytes(), width, height));
      view = augmentation.view(width.get(), height.get(), size, random);
      if (view.shiftX() == 0 && view.shiftY() == 0) {
        decode(sample.bytes(), view, pixels);
      } else {
        decode(sample.bytes(), view, unshifted);
        copyShifted(view, pixels);
      }
    } catch (OctothorpeException e) {
      if (e.status() == octothorpe.OCT_CORRUPT_DATA) {
        throw new UnusableImage(String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  /**
   * Returns the bytes of the image read last, as stored, also where {@link #read} refused them;
   * none if they could not be read. Valid until the next image.
   */
  public ByteBuffer stored() {
    return encodedBytes.asReadOnlyBuffer().flip();
  }

  private void decode(int bytes, View view, BytePointer pixels) {
    Status.check(
        octothorpe.oct_jpeg_decode(
            encoded,
            bytes,
            MAX_PIXELS,
            view.x(),
            view.y(),
            view.width(),
            view.height(),
            view.flip() ? 1 : 0,
            size,
            size,
            pixels));
  }

  private void copyShifted(View view, BytePointer pixels) {
    int columns = Math.max(0, size - Math.abs(view.shiftX()));
    long from = 3L * Math.max(0, -view.shiftX());
    long to = 3L * Math.max(0, view.shiftX());
    long start = pixels.position();
    long row = 3L * size;
    Pointer.memset(pixels, 0, row * size);
    for (int y = Math.max(0, view.shiftY()); y < size + Math.min(0, view.shiftY()); y++) {
      Pointer.memcpy(
          pixels.position(start + row * y + to),
          unshifted.position(row * (y - view.shiftY()) + from),
          3L * columns);
    }
    pixels.position(start);
    unshifted.position(0);
  }

  private void load(Sample sample) throws IOException {
    if (encoded.capacity() < sample.bytes()) {
      encoded.close();
      encoded = new BytePointer(Math.max(2 * encoded.capacity(), sample.bytes()));
      encodedBytes = encoded.asByteBuffer();
    }
    encodedBytes.limit(sample.bytes()).position(0);
    FileChannel file = channel(sample);
    while (encodedBytes.hasRemaining()) {
      if (file.read(encodedBytes, sample.offset() + encodedBytes.position()) < 0) {
        throw new EOFException(
            "the file ends at byte " + (sample.offset() + encodedBytes.position()));
      }
    }
  }

  private FileChannel channel(Sample sample) throws IOException {
    Path path = sample.file();
    FileChannel channel = open.get(path);
    if (channel == null) {
      if (open.size() >= OPEN_FILES) {
        Path oldest = open.keySet().iterator().next();
        FileChannel closing = open.remove(oldest);
        if (closing != null) {
          closing.close();
        }
      }
      channel = FileChannel.open(sample.ownFile() ? path : UnpackedShards.tar(path));
      open.put(path, channel);
    }
    return channel;
  }

  @Override
  public void close() {
    for (FileChannel channel : open.values()) {
      try {
        channel.close();
      } catch (IOException e) {
        // Opened for reading: nothing can be lost.
      }
    }
    open.clear();
    encoded.close();
    unshifted.close();
    width.close();
    height.close();
  }
}
