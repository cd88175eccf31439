package org.octothorpe.data.testing;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.octothorpe.random.Philox;

/** JPEG files made by ImageIO, sound and not. */
public final class TestImages {
  private TestImages() {}

  /** A picture of smooth colors that differ from seed to seed. */
  public static BufferedImage picture(int width, int height, long seed) {
    Philox random = Philox.of(seed, "picture");
    double[] phase = {random.nextDouble(), random.nextDouble(), random.nextDouble()};
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = 0;
        for (double p : phase) {
          rgb = rgb << 8 | (int) (128 + 100 * Math.sin(6.28 * p + x * (0.05 + 0.1 * p) + y * 0.07));
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  public static byte[] jpeg(BufferedImage image) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam parameters = writer.getDefaultWriteParam();
    parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    parameters.setCompressionQuality(0.95f);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  public static byte[] jpeg(int width, int height, long seed) {
    return jpeg(picture(width, height, seed));
  }

  public static byte[] truncated(byte[] jpeg) {
    return Arrays.copyOf(jpeg, jpeg.length - jpeg.length / 4);
  }

  /** The same file, whose header claims other extents. */
  public static byte[] claiming(byte[] jpeg, int width, int height) {
    byte[] bytes = jpeg.clone();
    for (int i = 0; i + 8 < bytes.length; i++) {
      if (bytes[i] == (byte) 0xFF && bytes[i + 1] == (byte) 0xC0) {
        bytes[i + 5] = (byte) (height >> 8);
        bytes[i + 6] = (byte) height;
        bytes[i + 7] = (byte) (width >> 8);
        bytes[i + 8] = (byte) width;
        return bytes;
      }
    }
    throw new IllegalArgumentException("no baseline frame header");
  }
}
