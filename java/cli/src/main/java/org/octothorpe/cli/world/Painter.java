package org.octothorpe.cli.world;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.octothorpe.cli.world.Picture.Placed;
import org.octothorpe.random.Philox;

/** Paints pictures into JPEG files. Use one from one thread at a time. */
final class Painter implements AutoCloseable {
  private final int size;
  private final BufferedImage image;
  private final int[] pixels;
  private final ImageWriter writer;
  private final ImageWriteParam parameters;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(8192);

  /** Makes a painter of images of {@code size} x {@code size} pixels. */
  Painter(int size) {
    this.size = size;
    this.image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    this.pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
    this.writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    this.parameters = writer.getDefaultWriteParam();
    parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
  }

  /**
   * Returns the JPEG file of a picture; noise, light and file quality are drawn from the stream.
   */
  byte[] paint(Picture picture, Philox random) throws IOException {
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.scale(size, size);
    picture.backdrop().paint(graphics, random);
    clutter(graphics, random, 1 + random.nextInt(3), 0.10);
    for (int i = picture.things().size() - 1; i >= 0; i--) {
      draw(graphics, picture.things().get(i), random);
    }
    clutter(graphics, random, random.nextInt(2), 0.07);
    graphics.dispose();
    develop(random);
    return encode(0.5f + 0.45f * random.nextFloat());
  }

  private static void draw(Graphics2D graphics, Placed placed, Philox random) {
    AffineTransform before = graphics.getTransform();
    graphics.translate(placed.x(), placed.y());
    graphics.rotate(Math.toRadians(placed.degrees()));
    double width = placed.mirrored() ? -placed.size() : placed.size();
    graphics.scale(width, placed.size() * placed.stretch());
    Drawings.draw(placed.thing(), new Brush(graphics, random, placed.color()));
    graphics.setTransform(before);
  }

  /** Shapes that mean nothing, in front of the things and behind them. */
  private static void clutter(Graphics2D graphics, Philox random, int count, double largest) {
    for (int i = 0; i < count; i++) {
      graphics.setPaint(PaintColor.any(random));
      double x = random.nextDouble();
      double y = random.nextDouble();
      double width = random.nextDouble(0.03, largest);
      double height = random.nextDouble(0.03, largest);
      switch (random.nextInt(3)) {
        case 0 -> graphics.fill(new Ellipse2D.Double(x - width, y - height, 2 * width, 2 * height));
        case 1 ->
            graphics.fill(new Rectangle2D.Double(x - width, y - height, 2 * width, 2 * height));
        default -> {
          graphics.setStroke(new BasicStroke((float) random.nextDouble(0.01, 0.04)));
          graphics.draw(
              new Line2D.Double(
                  x, y, x + random.nextGaussian() / 3, y + random.nextGaussian() / 3));
        }
      }
    }
  }

  /** The light of the scene and the noise of the sensor. */
  private void develop(Philox random) {
    double light = random.nextDouble(0.7, 1.15);
    int red = (int) (256 * light * random.nextDouble(0.85, 1.15));
    int green = (int) (256 * light * random.nextDouble(0.85, 1.15));
    int blue = (int) (256 * light * random.nextDouble(0.85, 1.15));
    int noise = 3 + random.nextInt(18); // up to 8 % of the range
    for (int i = 0; i < pixels.length; i++) {
      int rgb = pixels[i];
      int word = random.nextInt();
      int r = expose((rgb >> 16) & 255, red, word & 1023, noise);
      int g = expose((rgb >> 8) & 255, green, (word >> 10) & 1023, noise);
      int b = expose(rgb & 255, blue, (word >> 20) & 1023, noise);
      pixels[i] = (r << 16) | (g << 8) | b;
    }
  }

  private static int expose(int value, int gain, int uniform, int noise) {
    int exposed = ((value * gain) >> 8) + (((uniform - 512) * noise) >> 9);
    return Math.max(0, Math.min(255, exposed));
  }

  private byte[] encode(float quality) throws IOException {
    bytes.reset();
    parameters.setCompressionQuality(quality);
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), parameters);
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    writer.dispose();
  }
}
