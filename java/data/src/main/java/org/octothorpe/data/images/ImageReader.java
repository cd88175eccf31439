package org.octothorpe.data.images;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.octothorpe.Library;
import org.octothorpe.OctothorpeException;
import org.octothorpe.Status;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.augment.View;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.UnreadableDataException;
import org.octothorpe.data.files.ImageFormat;
import org.octothorpe.data.machine.OpenFiles;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.internal.Natives;
import org.octothorpe.random.Philox;

/**
 * One thread's way from a {@link Sample} to pixels: its buffers and the decoders of JPEG, PNG and
 * WebP, chosen by the content of a file, never its name. Pictures are upright, as the EXIF data of
 * the file say.
 *
 * <p>Its buffers grow to the largest image and stay; closing frees them.
 */
public final class ImageReader implements AutoCloseable {
  /** The most pixels that a header may claim, against decompression bombs: 100 million. */
  public static final long MAX_PIXELS = 100_000_000;

  private final int size;
  private final Augmentation augmentation;
  private final BytePointer unshifted;
  private final IntPointer width;
  private final IntPointer height;
  private final IntPointer blemish;
  private final OpenFiles files;
  private final RasterDecoder raster;
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
    this(size, augmentation, OpenFiles.SHARED);
  }

  /**
   * Makes a reader.
   *
   * @param size rows and columns of the pixels, in [1, 4096]
   * @param augmentation chooses the view of each image
   * @param files through which the files of the images are read
   */
  public ImageReader(int size, Augmentation augmentation, OpenFiles files) {
    if (size < 1 || size > 4096) {
      throw new IllegalArgumentException("image size is " + size + ", but must be in [1, 4096]");
    }
    Library.load();
    this.size = size;
    this.augmentation = augmentation;
    this.width = new IntPointer(1L);
    this.height = new IntPointer(1L);
    this.blemish = new IntPointer(1L);
    this.files = files;
    this.raster = new RasterDecoder();
    this.encoded = new BytePointer(1L << 16);
    this.encodedBytes = encoded.asByteBuffer();
    this.unshifted = new BytePointer(3L * size * size);
    files.enter();
  }

  /**
   * Reads an image and writes its view: the decoder writes where the pixels stay, unless the view
   * is shifted.
   *
   * @param random the image's own random numbers
   * @param pixels where u8 [size, size, 3] are written, RGB
   * @throws UnusableImage if it cannot be read or is damaged, or not in a format that is read
   * @throws UnreadableDataException if its shard or folder no longer exists, or a limit of the
   *     machine is reached
   */
  public void read(Sample sample, Philox random, PixelBuffer pixels) throws UnusableImage {
    ImageFormat format = open(sample);
    View view = augmentation.view(width.get(), height.get(), size, random);
    if (view.shiftX() == 0 && view.shiftY() == 0) {
      decode(format, sample, view, size, size, pixels.pointer());
    } else {
      decode(format, sample, view, size, size, unshifted);
      copyShifted(view, pixels.pointer());
    }
  }

  /**
   * Says if the image read last has a blemish that costs no pixel, as libjpeg warns of: a {@link
   * BadSamples#note}, for it is used.
   */
  public void noteBlemish(BadSamples bad, Sample sample) {
    if (blemish.get() != octothorpe.OCT_JPEG_CLEAN) {
      bad.note(
          String.format(
              Locale.ROOT,
              "photographs have a harmless blemish (%s) and are used",
              Natives.text(octothorpe.oct_jpeg_blemish_text(blemish.get()))),
          sample.where());
    }
  }

  /**
   * Returns the bytes of the image read last, as stored, also where {@link #read} refused them;
   * none if they could not be read. Valid until the next image.
   */
  public ByteBuffer stored() {
    return encodedBytes.asReadOnlyBuffer().flip();
  }

  /**
   * Loads an image and finds its format and, in {@link #width} and {@link #height}, its extents.
   */
  ImageFormat open(Sample sample) throws UnusableImage {
    blemish.put(octothorpe.OCT_JPEG_CLEAN);
    load(sample);
    byte[] prefix = new byte[Math.min(ImageFormat.PREFIX_BYTES, sample.bytes())];
    encodedBytes.get(0, prefix);
    ImageFormat format = ImageFormat.of(prefix);
    if (format == null) {
      throw new UnusableImage(ImageFormat.refusal(prefix));
    }
    if (format == ImageFormat.JPEG) {
      check(octothorpe.oct_jpeg_size(encoded, sample.bytes(), width, height));
      return format;
    }
    byte[] file = new byte[sample.bytes()];
    encodedBytes.get(0, file);
    try {
      raster.decode(format, file);
    } catch (IllegalArgumentException e) {
      throw new UnusableImage(format.extension() + ": " + e.getMessage());
    }
    width.put(raster.width());
    height.put(raster.height());
    return format;
  }

  int width() {
    return width.get();
  }

  int height() {
    return height.get();
  }

  /** Writes a view of the image that was opened, but for its shift. */
  void decode(
      ImageFormat format, Sample sample, View view, int outWidth, int outHeight, BytePointer pixels)
      throws UnusableImage {
    if (format != ImageFormat.JPEG) {
      raster.view(view, outWidth, outHeight, pixels);
      return;
    }
    check(
        octothorpe.oct_jpeg_decode(
            encoded,
            sample.bytes(),
            MAX_PIXELS,
            view.x(),
            view.y(),
            view.width(),
            view.height(),
            view.flip() ? 1 : 0,
            outWidth,
            outHeight,
            pixels,
            blemish));
  }

  private static void check(int code) throws UnusableImage {
    try {
      Status.check(code);
    } catch (OctothorpeException e) {
      if (e.status() == Status.CORRUPT_DATA) {
        throw new UnusableImage(String.valueOf(e.getMessage()));
      }
      throw e;
    }
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

  private void load(Sample sample) throws UnusableImage {
    if (encoded.capacity() < sample.bytes()) {
      encoded.close();
      encoded = new BytePointer(Math.max(2 * encoded.capacity(), sample.bytes()));
      encodedBytes = encoded.asByteBuffer();
    }
    encodedBytes.limit(sample.bytes()).position(0);
    try {
      files.read(sample.content(), sample.offset(), encodedBytes);
    } catch (EOFException e) {
      throw new UnusableImage("it cannot be read: " + e.getMessage());
    } catch (IOException e) {
      if (isGone(sample)) {
        throw new UnreadableDataException(
            String.format(
                Locale.ROOT,
                "%s cannot be read any more: %s; it was there when the data were indexed",
                sample.ownsFile() ? sample.file().getParent() : sample.file(),
                reason(e)),
            e);
      }
      throw new UnusableImage("it cannot be read: " + reason(e));
    }
  }

  /**
   * Returns whether more than one image cannot be read: the shard of a sample from its beginning
   * on, or the folder of an image's own file.
   */
  private boolean isGone(Sample sample) {
    if (sample.ownsFile()) {
      Path folder = sample.file().toAbsolutePath().getParent();
      return folder != null && !Files.isReadable(folder);
    }
    try {
      files.read(sample.content(), 0, ByteBuffer.allocate(1));
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static String reason(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    String reason = failure instanceof FileSystemException file ? file.getReason() : null;
    return reason != null ? reason : String.valueOf(failure.getMessage());
  }

  @Override
  public void close() {
    files.leave();
    raster.close();
    encoded.close();
    unshifted.close();
    width.close();
    height.close();
    blemish.close();
  }
}
