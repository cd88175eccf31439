package org.octothorpe.data.images;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An image file of which everything that is not pixels has been taken away: color profiles, texts,
 * transparency and further frames neither change what a decoder makes of the pixels nor can they be
 * at fault.
 */
final class BareImage {
  private final byte[] file;
  private final int width;
  private final int height;
  private final byte @Nullable [] exif;

  /**
   * Refuses extents that no picture has, before memory is taken for it.
   *
   * @param file in the same format
   * @param width columns of the stored pixels
   * @param height rows of the stored pixels
   * @param exif the block of EXIF data that the file had, if any
   * @throws IllegalArgumentException that names the extents
   */
  BareImage(byte[] file, int width, int height, byte @Nullable [] exif) {
    if (width < 1 || height < 1 || (long) width * height > ImageReader.MAX_PIXELS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the header claims %dx%d pixels; at most %d are allowed",
              width,
              height,
              ImageReader.MAX_PIXELS));
    }
    this.file = file;
    this.width = width;
    this.height = height;
    this.exif = exif;
  }

  byte[] file() {
    return file;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  byte @Nullable [] exif() {
    return exif;
  }
}
