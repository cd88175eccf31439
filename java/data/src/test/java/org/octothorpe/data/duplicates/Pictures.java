package org.octothorpe.data.duplicates;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.octothorpe.data.Samples;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.random.Philox;

/** Pictures of random blobs, no two alike, as JPEG files behind each other. */
final class Pictures {
  private Pictures() {}

  static byte[] jpeg(long seed) throws IOException {
    Philox random = Philox.of(seed, "blobs");
    BufferedImage image = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(new Color(random.nextInt(1 << 24)));
    graphics.fillRect(0, 0, 64, 48);
    for (int i = 0; i < 12; i++) {
      graphics.setColor(new Color(random.nextInt(1 << 24)));
      double size = random.nextDouble(4, 24);
      graphics.fill(
          new Ellipse2D.Double(
              random.nextDouble(-4, 60),
              random.nextDouble(-4, 44),
              size,
              random.nextDouble(4, 24)));
    }
    graphics.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "jpeg", bytes);
    return bytes.toByteArray();
  }

  /** Writes images into a file and returns where they are. */
  static Samples write(Path file, List<byte[]> images) throws IOException {
    List<Sample> samples = new ArrayList<>();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] image : images) {
      String name = samples.size() + ".jpg";
      samples.add(new Sample(file, name, all.size(), image.length, List.of(), Sample.NO_CLASS));
      all.writeBytes(image);
    }
    Files.write(file, all.toByteArray());
    return Samples.of(samples, new BadSamples(0.5, message -> {}));
  }

  static Samples write(Path file, int count) throws IOException {
    List<byte[]> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(jpeg(i));
    }
    return write(file, images);
  }
}
