package org.octothorpe.data.duplicates;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Samples;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.augment.View;
import org.octothorpe.data.images.ImageReader;
import org.octothorpe.data.images.PixelBuffer;
import org.octothorpe.data.machine.Sha256;
import org.octothorpe.data.machine.Workers;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.random.Philox;

/**
 * What is kept of every image of a data set to find its duplicates without a network: the SHA-256
 * of its file, 32 x 32 pixels of luma, a perceptual hash and 192 numbers of shape and color; 2 KB
 * per image.
 */
public final class Fingerprints {
  /** Rows and columns of the luma that is kept. */
  static final int SIZE = 32;

  private static final int CELLS = 8;
  private static final int WIDTH = 3 * CELLS * CELLS;
  private static final float[][] WEIGHTS = weights();
  private static final float[] NOTHING = new float[WIDTH];

  private final Samples samples;
  private final @Nullable String[] digests;
  private final byte[] @Nullable [] luma;
  private final long[] hashes;
  private final long[] pixels;
  private final float[][] shapes;

  private Fingerprints(Samples samples) {
    int images = samples.size();
    this.samples = samples;
    this.digests = new String[images];
    this.luma = new byte[images][];
    this.hashes = new long[images];
    this.pixels = new long[images];
    this.shapes = new float[images][];
  }

  /**
   * Reads every image once. Those that cannot be decoded are counted in {@link Samples#bad}; only
   * their bytes can be compared.
   *
   * @param threads that read and decode, at least 1; the result does not depend on it
   * @param progress receives the number of images read, now and then, from any thread
   * @throws org.octothorpe.data.faults.BadSamplesException if too many cannot be used
   */
  public static Fingerprints of(Samples samples, int threads, LongConsumer progress) {
    Fingerprints prints = new Fingerprints(samples);
    AtomicInteger done = new AtomicInteger();
    @Nullable Reading[] readings = new Reading[threads];
    try {
      Workers.run(
          "octothorpe-fingerprints",
          threads,
          samples.size(),
          (image, worker) -> {
            if (readings[worker] == null) {
              readings[worker] = prints.new Reading();
            }
            readings[worker].read(image);
            progress.accept(Math.min(samples.size(), done.incrementAndGet()));
          });
    } catch (IOException e) {
      throw new UncheckedIOException("interrupted while reading images", e);
    } finally {
      for (Reading reading : readings) {
        if (reading != null) {
          reading.reader.close();
        }
      }
    }
    return prints;
  }

  /** What one thread reads images with. */
  private final class Reading {
    private final Augmentation whole = Augmentation.whole(false);
    private final byte[] rgb = new byte[3 * SIZE * SIZE];
    private final Philox unused = Philox.of(0, "fingerprints");
    private final MessageDigest sha = Sha256.digest();
    private final PixelBuffer decoded = PixelBuffer.ofSize(SIZE);
    private final ImageReader reader = new ImageReader(SIZE, this::view);
    private long extent; // pixels of the image that is being read

    private View view(int width, int height, int size, Philox random) {
      View view = whole.view(width, height, size, random);
      extent = (long) view.width() * view.height();
      return view;
    }

    void read(int image) {
      Sample sample = samples.get(image);
      try {
        reader.read(sample, unused, decoded);
        reader.noteBlemish(samples.bad(), sample);
        decoded.get(rgb);
        pixels[image] = extent;
        describe(image, rgb);
      } catch (ImageReader.UnusableImage e) {
        shapes[image] = NOTHING;
        samples.bad().add(sample.where(), String.valueOf(e.getMessage()));
        samples.bad().check(samples.size());
      }
      ByteBuffer stored = reader.stored();
      if (stored.remaining() == sample.bytes()) {
        sha.update(stored);
        digests[image] = HexFormat.of().formatHex(sha.digest());
      }
    }
  }

  private void describe(int image, byte[] rgb) {
    byte[] gray = new byte[SIZE * SIZE];
    float[] cells = new float[WIDTH];
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int p = y * SIZE + x;
        float red = rgb[3 * p] & 255;
        float green = rgb[3 * p + 1] & 255;
        float blue = rgb[3 * p + 2] & 255;
        float light = 0.299f * red + 0.587f * green + 0.114f * blue;
        gray[p] = (byte) Math.round(light);
        spread(cells, y, x, light, blue - light, red - light);
      }
    }
    hashes[image] = PerceptualHash.of(gray);
    if (!Alignment.of(gray).hasDetail()) {
      shapes[image] = NOTHING;
      return;
    }
    luma[image] = gray;
    shapes[image] = centered(cells);
  }

  /**
   * Adds a pixel to the cells around it, the nearer the more: without steps between cells, a crop
   * changes little.
   */
  private static void spread(float[] cells, int y, int x, float light, float blue, float red) {
    for (int row = 0; row < CELLS; row++) {
      float down = WEIGHTS[row][y];
      for (int column = 0; down > 0 && column < CELLS; column++) {
        float weight = down * WEIGHTS[column][x];
        int at = row * CELLS + column;
        cells[at] += weight * light;
        cells[CELLS * CELLS + at] += weight * blue;
        cells[2 * CELLS * CELLS + at] += weight * red;
      }
    }
  }

  /** Returns the weight of each pixel of a line in each cell: a triangle of two cells, sum 1. */
  private static float[][] weights() {
    float[][] weights = new float[CELLS][SIZE];
    float side = (float) SIZE / CELLS;
    for (int cell = 0; cell < CELLS; cell++) {
      float sum = 0;
      for (int x = 0; x < SIZE; x++) {
        float away = Math.abs(x + 0.5f - (cell + 0.5f) * side) / side;
        weights[cell][x] = Math.max(0, 1 - away);
        sum += weights[cell][x];
      }
      for (int x = 0; x < SIZE; x++) {
        weights[cell][x] /= sum;
      }
    }
    return weights;
  }

  /** Takes the mean off each of the three planes and normalizes all to length 1. */
  private static float[] centered(float[] cells) {
    int plane = CELLS * CELLS;
    double squares = 0;
    for (int p = 0; p < cells.length; p += plane) {
      double sum = 0;
      for (int i = p; i < p + plane; i++) {
        sum += cells[i];
      }
      for (int i = p; i < p + plane; i++) {
        cells[i] -= (float) (sum / plane);
        squares += (double) cells[i] * cells[i];
      }
    }
    float scale = (float) (1 / Math.sqrt(Math.max(squares, Float.MIN_NORMAL)));
    for (int i = 0; i < cells.length; i++) {
      cells[i] *= scale;
    }
    return cells;
  }

  /** Returns the images. */
  public Samples samples() {
    return samples;
  }

  /** Returns the number of images. */
  public int size() {
    return samples.size();
  }

  /**
   * Returns how many images are plain areas, such as a cloudless sky: their pixels say too little
   * to compare, so only files of the same bytes count as duplicates.
   */
  public int plain() {
    return (int) IntStream.range(0, size()).filter(i -> pixels[i] > 0 && luma[i] == null).count();
  }

  /** Returns the SHA-256 of an image's file in hexadecimal, or null if it could not be read. */
  @Nullable String digest(int image) {
    return digests[image];
  }

  /** Returns the luma u8 [32,32] of an image, or null if it is damaged or a plain area. */
  byte @Nullable [] luma(int image) {
    return luma[image];
  }

  long hash(int image) {
    return hashes[image];
  }

  /** Returns the number of pixels of an image as stored; 0 if it is damaged. */
  long pixels(int image) {
    return pixels[image];
  }

  /**
   * Returns shape and color of each image on 8 x 8 cells, of length 1; all 0 where luma is null.
   */
  float[][] shapes() {
    return shapes;
  }

  /** Returns the same of the mirrored images. */
  float[][] mirroredShapes() {
    float[][] mirrored = new float[shapes.length][WIDTH];
    for (int image = 0; image < shapes.length; image++) {
      for (int i = 0; i < WIDTH; i++) {
        mirrored[image][i] = shapes[image][i - i % CELLS + CELLS - 1 - i % CELLS];
      }
    }
    return mirrored;
  }
}
