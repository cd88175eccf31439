package org.octothorpe.bench;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Size;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.augment.View;
import org.octothorpe.data.images.ImageReader;
import org.octothorpe.data.images.PixelBuffer;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.random.Philox;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One thread's way from JPEG files to the pixels of a batch, in images per second: the reader of
 * {@code octothorpe-data}, which decodes the crop alone, beside OpenCV, which decodes the whole
 * image and then resizes the same crop.
 *
 * <p>Both read the file, take the same views and mirror the same images. OpenCV's bilinear resize
 * skips pixels when it reduces; ours averages them, as PIL does.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@NullUnmarked
public class JpegDecodeBench {
  private static final int IMAGES = 48;
  private static final long SEED = 1;

  /** Width and height of the images, and the side of the output. */
  @Param("500x375x224")
  public String shape;

  /**
   * A folder of JPEG files of any size to decode in place of drawn ones; then only the output's
   * side counts.
   */
  @Param("")
  public String photographs;

  private final List<Sample> samples = new ArrayList<>();
  private final Augmentation augmentation = Augmentation.randomResizedCrop();
  private final Philox random = Philox.of(SEED, "bench");
  private Path folder;
  private int size;
  private ImageReader reader;
  private BytePointer batch;
  private PixelBuffer[] places;
  private Mat[] mats;

  /** Writes the images and makes the buffers. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    long[] extents = Inputs.extents(shape);
    size = (int) extents[2];
    if (photographs.isEmpty()) {
      folder = Files.createTempDirectory("octothorpe-bench");
      for (int i = 0; i < IMAGES; i++) {
        add(Files.write(folder.resolve(i + ".jpg"), draw((int) extents[0], (int) extents[1], i)));
      }
    } else {
      try (Stream<Path> files = Files.list(Path.of(photographs))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".jpg")).sorted().toList()) {
          if (samples.size() < IMAGES) {
            add(file);
          }
        }
      }
      if (samples.size() < IMAGES) {
        throw new IllegalArgumentException(
            photographs + " holds " + samples.size() + " .jpg files, but must hold " + IMAGES);
      }
    }
    opencv_core.setNumThreads(1);
    reader = new ImageReader(size, augmentation);
    batch = new BytePointer(3L * size * size * IMAGES);
    places = new PixelBuffer[IMAGES];
    ByteBuffer pixels = batch.asByteBuffer();
    mats = new Mat[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      places[i] = PixelBuffer.at(pixels.position(3 * size * size * i));
      BytePointer place = new BytePointer(batch).position(3L * size * size * i);
      mats[i] = new Mat(size, size, opencv_core.CV_8UC3, place);
    }
  }

  /** Frees the buffers and deletes the images. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    reader.close();
    batch.close();
    if (folder != null) {
      for (Sample sample : samples) {
        Files.delete(sample.file());
      }
      Files.delete(folder);
    }
  }

  /** The crop alone, straight into the batch. */
  @Benchmark
  @OperationsPerInvocation(IMAGES)
  public BytePointer octothorpe() throws ImageReader.UnusableImage {
    for (int i = 0; i < IMAGES; i++) {
      reader.read(samples.get(i), random.at(i), places[i]);
    }
    return batch;
  }

  /** The whole image, then the crop. */
  @Benchmark
  @OperationsPerInvocation(IMAGES)
  public BytePointer opencv() {
    for (int i = 0; i < IMAGES; i++) {
      try (Mat whole =
          opencv_imgcodecs.imread(
              samples.get(i).file().toString(), opencv_imgcodecs.IMREAD_COLOR_RGB)) {
        View view = augmentation.view(whole.cols(), whole.rows(), size, random.at(i));
        try (Mat crop = new Mat(whole, new Rect(view.x(), view.y(), view.width(), view.height()))) {
          opencv_imgproc.resize(
              crop, mats[i], new Size(size, size), 0, 0, opencv_imgproc.INTER_LINEAR);
          if (view.flip()) {
            opencv_core.flip(mats[i], mats[i], 1);
          }
        }
      }
    }
    return batch;
  }

  private void add(Path file) throws IOException {
    samples.add(
        new Sample(
            file,
            file.getFileName().toString(),
            0,
            Math.toIntExact(Files.size(file)),
            List.of(),
            Sample.NO_CLASS));
  }

  // As dense as a photograph: gradients, some hundred shapes, and grain; about 2.5 bits a pixel at
  // quality 90.
  private static byte[] draw(int width, int height, int seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setPaint(
        new GradientPaint(0, 0, color(random), width / 2f, height, color(random), true));
    graphics.fillRect(0, 0, width, height);
    for (int i = 0; i < 200; i++) {
      graphics.setColor(color(random));
      int w = 2 + random.nextInt(width / 6);
      int h = 2 + random.nextInt(height / 6);
      graphics.fillOval(random.nextInt(width), random.nextInt(height), w, h);
    }
    graphics.dispose();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        Color c = new Color(image.getRGB(x, y));
        int grain = random.nextInt(-9, 10);
        image.setRGB(
            x,
            y,
            new Color(
                    clamp(c.getRed() + grain),
                    clamp(c.getGreen() + grain),
                    clamp(c.getBlue() + grain))
                .getRGB());
      }
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam parameters = writer.getDefaultWriteParam();
    parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    parameters.setCompressionQuality(0.9f);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream output = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(output);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static Color color(SplittableRandom random) {
    return new Color(random.nextInt(1 << 24));
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
