package org.octothorpe.data.images;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.bytedeco.javacpp.BytePointer;
import org.octothorpe.Status;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.data.augment.View;
import org.octothorpe.data.files.ImageFormat;

/**
 * The decoder of PNG and WebP images, for one thread. It gives the stored samples as RGB, whatever
 * color profile a file has: gray three times, the colors of a palette, the upper 8 of 16 bits;
 * transparency is dropped, so that the color beneath is seen.
 */
final class RasterDecoder implements AutoCloseable {
  private BytePointer rgb = new BytePointer(1L << 16);
  private int storedWidth;
  private int storedHeight;
  private int orientation = 1;

  /**
   * Decodes a whole image.
   *
   * @throws IllegalArgumentException that says why it cannot be done
   */
  void decode(ImageFormat format, byte[] file) {
    BareImage bare = format == ImageFormat.PNG ? PngChunks.bare(file) : WebpChunks.bare(file);
    byte[] exif = bare.exif();
    orientation = exif == null ? 1 : octothorpe.oct_exif_orientation(exif, exif.length);
    storedWidth = bare.width();
    storedHeight = bare.height();
    BufferedImage image = image(format, bare);
    if (image.getWidth() != storedWidth || image.getHeight() != storedHeight) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "damaged: the header claims %dx%d pixels, but there are %dx%d",
              storedWidth,
              storedHeight,
              image.getWidth(),
              image.getHeight()));
    }
    long bytes = 3L * storedWidth * storedHeight;
    if (rgb.capacity() < bytes) {
      rgb.close();
      rgb = new BytePointer(bytes);
    }
    copy(image);
  }

  /** Returns the columns of the upright picture. */
  int width() {
    return orientation >= 5 ? storedHeight : storedWidth;
  }

  /** Returns the rows of the upright picture. */
  int height() {
    return orientation >= 5 ? storedWidth : storedHeight;
  }

  /** Writes a view, but for its shift, as u8 [outHeight, outWidth, 3]. */
  void view(View view, int outWidth, int outHeight, BytePointer pixels) {
    Status.check(
        octothorpe.oct_resize(
            rgb,
            storedWidth,
            storedHeight,
            orientation,
            view.x(),
            view.y(),
            view.width(),
            view.height(),
            view.flip() ? 1 : 0,
            outWidth,
            outHeight,
            pixels));
  }

  private static BufferedImage image(ImageFormat format, BareImage bare) {
    ImageReader reader = null;
    try (ImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bare.file()))) {
      reader =
          format == ImageFormat.PNG
              ? ImageIO.getImageReadersByFormatName("png").next()
              : new WebPImageReaderSpi().createReaderInstance(null);
      reader.setInput(in, true, true);
      return reader.read(0);
    } catch (IOException | RuntimeException e) { // of a decoder that met what it did not expect
      throw new IllegalArgumentException("damaged: its pixels cannot be decoded", e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
  }

  private void copy(BufferedImage image) {
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    boolean wide = raster.getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT;
    IndexColorModel palette = image.getColorModel() instanceof IndexColorModel p ? p : null;
    int[] samples = new int[bands * storedWidth];
    byte[] row = new byte[3 * storedWidth];
    for (int y = 0; y < storedHeight; y++) {
      raster.getPixels(0, y, storedWidth, 1, samples);
      for (int x = 0, to = 0; x < storedWidth; x++) {
        if (palette != null) {
          int color = palette.getRGB(samples[x]);
          row[to++] = (byte) (color >> 16);
          row[to++] = (byte) (color >> 8);
          row[to++] = (byte) color;
          continue;
        }
        for (int c = 0; c < 3; c++) {
          int sample = samples[bands * x + (bands < 3 ? 0 : c)];
          row[to++] = (byte) (wide ? sample >> 8 : sample);
        }
      }
      rgb.position(3L * storedWidth * y).put(row, 0, row.length);
    }
    rgb.position(0);
  }

  @Override
  public void close() {
    rgb.close();
  }
}
