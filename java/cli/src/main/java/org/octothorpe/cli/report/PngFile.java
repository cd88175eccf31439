package org.octothorpe.cli.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.octothorpe.internal.AtomicFiles;

/** Writes PNG files whole or not at all, so that a viewer never meets half of one. */
public final class PngFile {
  private PngFile() {}

  static void write(Path file, BufferedImage image) throws IOException {
    byte[] bytes = bytes(image);
    AtomicFiles.write(file, out -> out.write(bytes));
  }

  /** Returns the bytes of an image's PNG file. */
  public static byte[] bytes(BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
    if (!ImageIO.write(image, "png", bytes)) {
      throw new IOException("this Java runtime has no PNG writer");
    }
    return bytes.toByteArray();
  }
}
