package org.octothorpe.data.images;

import java.awt.image.BufferedImage;
import java.util.Locale;
import org.bytedeco.javacpp.BytePointer;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.augment.View;
import org.octothorpe.data.files.ImageFormat;
import org.octothorpe.data.images.ImageReader.UnusableImage;
import org.octothorpe.data.samples.Sample;

/** Images as Java draws them: upright, of every format that is read. */
public final class DrawnImage {
  private static final int MAX = 16384; // rows and columns that the native decoder writes

  private DrawnImage() {}

  /** Returns an image in its own size. */
  public static BufferedImage whole(Sample sample) throws UnusableImage {
    return draw(sample, 0);
  }

  /**
   * Returns an image stretched to a square.
   *
   * @param size rows and columns, at least 1
   */
  public static BufferedImage square(Sample sample, int size) throws UnusableImage {
    return draw(sample, size);
  }

  private static BufferedImage draw(Sample sample, int size) throws UnusableImage {
    try (ImageReader reader = new ImageReader(1, Augmentation.whole(false))) {
      ImageFormat format = reader.open(sample);
      int width = reader.width();
      int height = reader.height();
      int columns = size > 0 ? size : width;
      int rows = size > 0 ? size : height;
      if (Math.max(columns, rows) > MAX) {
        throw new UnusableImage(
            String.format(
                Locale.ROOT,
                "it has %dx%d pixels; at most %d per side are drawn",
                width,
                height,
                MAX));
      }
      try (BytePointer pixels = new BytePointer(3L * columns * rows)) {
        View whole = new View(0, 0, width, height, false, 0, 0);
        reader.decode(format, sample, whole, columns, rows, pixels);
        return image(pixels, columns, rows);
      }
    }
  }

  private static BufferedImage image(BytePointer pixels, int columns, int rows) {
    BufferedImage image = new BufferedImage(columns, rows, BufferedImage.TYPE_INT_RGB);
    byte[] rgb = new byte[3 * columns];
    int[] row = new int[columns];
    for (int y = 0; y < rows; y++) {
      pixels.position(3L * columns * y).get(rgb);
      for (int x = 0; x < columns; x++) {
        row[x] =
            ((rgb[3 * x] & 255) << 16) | ((rgb[3 * x + 1] & 255) << 8) | (rgb[3 * x + 2] & 255);
      }
      image.setRGB(0, y, columns, 1, row, 0, columns);
    }
    pixels.position(0);
    return image;
  }
}
