package org.octothorpe.data.duplicates;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Samples;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.images.DrawnImage;
import org.octothorpe.data.images.ImageReader;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.random.Philox;

/**
 * Copies of a sample of images, each changed in a known way, stored as JPEG files one after the
 * other: what a search for duplicates must find.
 *
 * @param samples the copies
 * @param kinds how each was changed
 * @param sources of which image of the data set each is a copy
 */
public record PlantedDuplicates(Samples samples, List<Kind> kinds, List<Integer> sources) {
  private static final double CROP = 0.9;
  private static final float QUALITY = 0.9f;

  /** How a copy differs from its image; all are encoded again. */
  public enum Kind {
    /** JPEG quality 30 to 95. */
    JPEG("JPEG quality 30 to 95"),
    /** Half to twice the size. */
    RESIZED("resized 0.5 to 2 x"),
    /** 90 % of each side, anywhere. */
    CROPPED("cropped to 90 % a side"),
    /** Left and right changed. */
    MIRRORED("mirrored"),
    /** 0.7 to 1.3 times as bright. */
    BRIGHTNESS("brightness 0.7 to 1.3 x"),
    /** All of these at once. */
    COMBINED("all of these at once");

    private final String description;

    Kind(String description) {
      this.description = description;
    }

    /** Returns what tables call it. */
    public String description() {
      return description;
    }
  }

  /** Copies the lists. */
  public PlantedDuplicates {
    kinds = List.copyOf(kinds);
    sources = List.copyOf(sources);
  }

  /**
   * Makes a copy of each kind of images that lie evenly in a data set. Images that cannot be
   * decoded are skipped.
   *
   * @param images of which copies are made, at most; at least 1
   * @param seed of the changes
   * @param file is overwritten; the copies are read from it
   * @throws IllegalArgumentException if no image can be copied
   */
  public static PlantedDuplicates of(Samples samples, int images, long seed, Path file)
      throws IOException {
    if (images < 1) {
      throw new IllegalArgumentException("images is " + images + ", but must be >= 1");
    }
    int count = Math.min(images, samples.size());
    List<Sample> copies = new ArrayList<>();
    List<Kind> kinds = new ArrayList<>();
    List<Integer> sources = new ArrayList<>();
    long offset = 0;
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < count; i++) {
        int source = (int) ((long) i * samples.size() / count);
        BufferedImage image = read(samples.get(source));
        if (image == null) {
          continue;
        }
        for (Kind kind : Kind.values()) {
          Philox random = Philox.of(seed, "planted " + kind).at(source);
          byte[] jpeg = copy(image, kind, random);
          write(out, jpeg, file);
          String name = source + "-" + kind;
          copies.add(new Sample(file, name, offset, jpeg.length, List.of(), Sample.NO_CLASS));
          kinds.add(kind);
          sources.add(source);
          offset += jpeg.length;
        }
      }
    }
    if (copies.isEmpty()) {
      throw new IllegalArgumentException(
          "none of the " + count + " images to plant duplicates of can be decoded");
    }
    return new PlantedDuplicates(Samples.of(copies, new BadSamples()), kinds, sources);
  }

  private static void write(OutputStream out, byte[] bytes, Path file) throws IOException {
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static @Nullable BufferedImage read(Sample sample) {
    try {
      return DrawnImage.whole(sample);
    } catch (ImageReader.UnusableImage e) {
      return null; // the search names it
    }
  }

  private static byte[] copy(BufferedImage image, Kind kind, Philox random) throws IOException {
    boolean all = kind == Kind.COMBINED;
    double crop = all || kind == Kind.CROPPED ? CROP : 1;
    int width = (int) Math.max(1, Math.round(crop * image.getWidth()));
    int height = (int) Math.max(1, Math.round(crop * image.getHeight()));
    int x = random.nextInt(image.getWidth() - width + 1);
    int y = random.nextInt(image.getHeight() - height + 1);
    boolean mirrored = all || kind == Kind.MIRRORED;
    double scale = all || kind == Kind.RESIZED ? Math.pow(2, random.nextDouble(-1, 1)) : 1;
    double gain = all || kind == Kind.BRIGHTNESS ? random.nextDouble(0.7, 1.3) : 1;
    float quality = all || kind == Kind.JPEG ? (float) random.nextDouble(0.3, 0.95) : QUALITY;
    BufferedImage part = image.getSubimage(x, y, width, height);
    return encode(brightened(scaled(part, scale, mirrored), gain), quality);
  }

  private static BufferedImage scaled(BufferedImage image, double scale, boolean mirrored) {
    int width = (int) Math.max(1, Math.round(scale * image.getWidth()));
    int height = (int) Math.max(1, Math.round(scale * image.getHeight()));
    BufferedImage copy = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = copy.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    if (mirrored) {
      graphics.transform(new AffineTransform(-1, 0, 0, 1, width, 0));
    }
    graphics.drawImage(image, 0, 0, width, height, null);
    graphics.dispose();
    return copy;
  }

  private static BufferedImage brightened(BufferedImage image, double gain) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int rgb = image.getRGB(x, y);
        int result = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
          result |= (int) Math.min(255, Math.round(gain * ((rgb >> shift) & 255))) << shift;
        }
        image.setRGB(x, y, result);
      }
    }
    return image;
  }

  private static byte[] encode(BufferedImage image, float quality) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(quality);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
