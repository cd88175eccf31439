package org.octothorpe.data.duplicates;

/**
 * The correlation of the details of two images, after one of them was cropped so that it fits the
 * other best: 1 for the same picture, near 0 for others.
 *
 * <p>A window of 80 to 100 % of either image is searched, on 16 x 16 pixels first, that correlates
 * most with the whole of the other; its edges are then moved on 32 x 32. The score correlates what
 * differs from the local mean: skies and shores of unlike pictures agree in their gradients of
 * light, not in detail. Gain and offset of brightness do not matter.
 */
public final class Alignment {
  /** Below this a window on 16 x 16 pixels is not refined; duplicates are above 0.92. */
  private static final double WORTH_REFINING = 0.8;

  private static final int COARSE = 16;
  private static final int FINE = Fingerprints.SIZE;
  private static final double STEP = 0.05;
  private static final int SIZES = 4; // 100, 95, 90 and 85 %
  private static final double SMALLEST = 0.8;
  private static final int RADIUS = 3; // pixels of the local mean on each side
  // A deviation of 1 of 255: below it there is nothing to compare but the noise of the encoder.
  private static final double MIN_VARIANCE = 1;

  private final float[] coarse;
  private final float[] fine;

  /** A part of an image, in widths and heights of it. */
  private record Window(double x, double y, double width, double height) {
    static final Window WHOLE = new Window(0, 0, 1, 1);

    boolean inside() {
      double rounding = 1e-9;
      return x >= -rounding
          && y >= -rounding
          && x + width <= 1 + rounding
          && y + height <= 1 + rounding
          && width >= SMALLEST
          && height >= SMALLEST;
    }

    /** Moves one of the four edges outwards, or inwards if negative. */
    Window moved(int edge, double by) {
      return switch (edge) {
        case 0 -> new Window(x - by, y, width + by, height);
        case 1 -> new Window(x, y, width + by, height);
        case 2 -> new Window(x, y - by, width, height + by);
        default -> new Window(x, y, width, height + by);
      };
    }
  }

  private Alignment(float[] coarse, float[] fine) {
    this.coarse = coarse;
    this.fine = fine;
  }

  /** Prepares an image, luma u8 [32,32]. */
  static Alignment of(byte[] luma) {
    float[] fine = new float[FINE * FINE];
    float[] coarse = new float[COARSE * COARSE];
    for (int y = 0; y < FINE; y++) {
      for (int x = 0; x < FINE; x++) {
        float value = luma[y * FINE + x] & 255;
        fine[y * FINE + x] = value;
        coarse[y / 2 * COARSE + x / 2] += value / 4;
      }
    }
    return new Alignment(coarse, smooth(fine));
  }

  /** Weighs the neighbors 1 2 1 in either direction: the finest detail is what encoders lose. */
  private static float[] smooth(float[] image) {
    float[] across = new float[image.length];
    float[] smooth = new float[image.length];
    for (int y = 0; y < FINE; y++) {
      for (int x = 0; x < FINE; x++) {
        across[y * FINE + x] = smooth(image, y * FINE, 1, x);
      }
    }
    for (int y = 0; y < FINE; y++) {
      for (int x = 0; x < FINE; x++) {
        smooth[y * FINE + x] = smooth(across, x, FINE, y);
      }
    }
    return smooth;
  }

  private static float smooth(float[] values, int start, int stride, int index) {
    float before = values[start + Math.max(0, index - 1) * stride];
    float after = values[start + Math.min(FINE - 1, index + 1) * stride];
    return (before + 2 * values[start + index * stride] + after) / 4;
  }

  /** Returns the image mirrored left to right. */
  Alignment mirrored() {
    return new Alignment(mirror(coarse, COARSE), mirror(fine, FINE));
  }

  /** Returns whether there is any detail to correlate. */
  boolean hasDetail() {
    float[] detail = detail(fine);
    return squares(detail) > MIN_VARIANCE * detail.length;
  }

  /** Returns the correlation of details with another image, in [-1,1]. */
  double score(Alignment other) {
    Search forth = new Search(this, other);
    Search back = new Search(other, this);
    Search better = back.best > forth.best ? back : forth;
    return better.best < WORTH_REFINING ? 0 : better.refine();
  }

  /** The search for the window of one image that shows the whole of another. */
  private static final class Search {
    private final Alignment of;
    private final Alignment whole;
    private final float[] cut = new float[FINE * FINE];
    private Window window = Window.WHOLE;
    private double best = -1;

    Search(Alignment of, Alignment whole) {
      this.of = of;
      this.whole = whole;
      float[] small = new float[COARSE * COARSE];
      for (int size = 0; size < SIZES; size++) {
        double side = 1 - STEP * size;
        for (int i = 0; i <= size; i++) {
          for (int j = 0; j <= size; j++) {
            Window tried = new Window(STEP * j, STEP * i, side, side);
            cut(of.coarse, COARSE, tried, small);
            double correlation = correlation(small, whole.coarse);
            if (correlation > best) {
              best = correlation;
              window = tried;
            }
          }
        }
      }
    }

    double refine() {
      double current = fit(window);
      for (double step = STEP / 2; step > 0.003; step /= 2) {
        boolean moved = true;
        for (int round = 0; moved && round < 6; round++) {
          moved = false;
          for (int edge = 0; edge < 4; edge++) {
            for (int sign = -1; sign <= 1; sign += 2) {
              Window tried = window.moved(edge, sign * step);
              double correlation = tried.inside() ? fit(tried) : -1;
              if (correlation > current + 1e-6) {
                current = correlation;
                window = tried;
                moved = true;
              }
            }
          }
        }
      }
      cut(of.fine, FINE, window, cut);
      return detailCorrelation(detail(cut), detail(whole.fine));
    }

    private double fit(Window tried) {
      cut(of.fine, FINE, tried, cut);
      return correlation(cut, whole.fine);
    }
  }

  /** Samples a window of an image [n,n] at as many pixels, bilinearly. */
  private static void cut(float[] image, int n, Window window, float[] result) {
    int[] column = new int[n];
    float[] right = new float[n];
    for (int x = 0; x < n; x++) {
      double at = position(window.x(), window.width(), x, n);
      column[x] = (int) at;
      right[x] = (float) (at - column[x]);
    }
    for (int y = 0; y < n; y++) {
      double at = position(window.y(), window.height(), y, n);
      int upmost = (int) at;
      int row = upmost * n;
      float below = (float) (at - upmost);
      for (int x = 0; x < n; x++) {
        int p = row + column[x];
        float upper = image[p] + right[x] * (image[p + 1] - image[p]);
        float lower = image[p + n] + right[x] * (image[p + n + 1] - image[p + n]);
        result[y * n + x] = upper + below * (lower - upper);
      }
    }
  }

  private static double position(double from, double extent, int index, int n) {
    double at = (from + extent * (index + 0.5) / n) * n - 0.5;
    return Math.max(0, Math.min(n - 1.0001, at));
  }

  private static double correlation(float[] a, float[] b) {
    double sumA = 0;
    double sumB = 0;
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (int i = 0; i < a.length; i++) {
      sumA += a[i];
      sumB += b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
      ab += a[i] * b[i];
    }
    double least = MIN_VARIANCE * a.length;
    double varianceA = Math.max(least, aa - sumA * sumA / a.length);
    double varianceB = Math.max(least, bb - sumB * sumB / a.length);
    return (ab - sumA * sumB / a.length) / Math.sqrt(varianceA * varianceB);
  }

  private static double detailCorrelation(float[] a, float[] b) {
    double ab = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * b[i];
    }
    double least = MIN_VARIANCE * a.length;
    double lengths = Math.sqrt(Math.max(least, squares(a)) * Math.max(least, squares(b)));
    return Math.min(1, ab / lengths); // rounding
  }

  private static double squares(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value * value;
    }
    return sum;
  }

  /** Returns an image [32,32] less its mean over the 7 x 7 pixels around each. */
  private static float[] detail(float[] image) {
    float[] across = new float[FINE * FINE];
    float[] detail = new float[FINE * FINE];
    for (int y = 0; y < FINE; y++) {
      for (int x = 0; x < FINE; x++) {
        across[y * FINE + x] = mean(image, y * FINE, 1, x);
      }
    }
    for (int y = 0; y < FINE; y++) {
      for (int x = 0; x < FINE; x++) {
        detail[y * FINE + x] = image[y * FINE + x] - mean(across, x, FINE, y);
      }
    }
    return detail;
  }

  private static float mean(float[] values, int start, int stride, int index) {
    int from = Math.max(0, index - RADIUS);
    int to = Math.min(FINE - 1, index + RADIUS);
    float sum = 0;
    for (int i = from; i <= to; i++) {
      sum += values[start + i * stride];
    }
    return sum / (to - from + 1);
  }

  private static float[] mirror(float[] image, int n) {
    float[] mirrored = new float[image.length];
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        mirrored[y * n + x] = image[y * n + n - 1 - x];
      }
    }
    return mirrored;
  }
}
