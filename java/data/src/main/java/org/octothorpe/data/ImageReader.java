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
  private final BytePointer decoded;
  private final ByteBuffer decodedBytes;
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
    this.decoded = new BytePointer(3L * size * size);
    this.decodedBytes = decoded.asByteBuffer();
  }

  /**
   * Reads an image and writes its view.
   *
   * @param random the image's own random numbers
   * @param pixels where u8 [size, size, 3] are written, RGB
   * @param offset bytes of {@code pixels} before them
   * @throws UnusableImage if it cannot be read or is no sound JPEG
   */
  public void read(Sample sample, Philox random, ByteBuffer pixels, int offset)
      throws UnusableImage {
    try {
      load(sample);
    } catch (IOException e) {
      throw new UnusableImage("it cannot be read: " + e);
    }
    View view;
    try {
      Status.check(octothorpe.oct_jpeg_size(encoded, sample.bytes(), width, height));
      view = augmentation.view(width.get(), height.get(), size, random);
      decode(sample.bytes(), view);
    } catch (OctothorpeException e) {
      if (e.status() == octothorpe.OCT_CORRUPT_DATA) {
        throw new UnusableImage(String.valueOf(e.getMessage()));
      }
      throw e;
    }
    if (view.shiftX() == 0 && view.shiftY() == 0) {
      pixels.put(offset, decodedBytes, 0, 3 * size * size);
    } else {
      copyShifted(view, pixels, offset);
    }
  }

  private void decode(int bytes, View view) {
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
            decoded));
  }

  private void copyShifted(View view, ByteBuffer pixels, int offset) {
    int columns = Math.max(0, size - Math.abs(view.shiftX()));
    int from = Math.max(0, -view.shiftX());
    int to = Math.max(0, view.shiftX());
    for (int y = 0; y < size; y++) {
      int row = offset + 3 * size * y;
      for (int i = 0; i < 3 * size; i++) {
        pixels.put(row + i, (byte) 0);
      }
      int source = y - view.shiftY();
      if (columns > 0 && source >= 0 && source < size) {
        pixels.put(row + 3 * to, decodedBytes, 3 * (size * source + from), 3 * columns);
      }
    }
  }

  private void load(Sample sample) throws IOException {
    if (encoded.capacity() < sample.bytes()) {
      encoded.close();
      encoded = new BytePointer(Math.max(2 * encoded.capacity(), sample.bytes()));
      encodedBytes = encoded.asByteBuffer();
    }
    FileChannel file = channel(sample.file());
    encodedBytes.limit(sample.bytes()).position(0);
    while (encodedBytes.hasRemaining()) {
      if (file.read(encodedBytes, sample.offset() + encodedBytes.position()) < 0) {
        throw new EOFException(
            "the file ends at byte " + (sample.offset() + encodedBytes.position()));
      }
    }
  }

  private FileChannel channel(Path path) throws IOException {
    FileChannel channel = open.get(path);
    if (channel == null) {
      if (open.size() >= OPEN_FILES) {
        Path oldest = open.keySet().iterator().next();
        FileChannel closing = open.remove(oldest);
        if (closing != null) {
          closing.close();
        }
      }
      channel = FileChannel.open(path);
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
    decoded.close();
    width.close();
    height.close();
  }
}
