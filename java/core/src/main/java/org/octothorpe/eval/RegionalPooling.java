package org.octothorpe.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * One vector an image from the output of a convolutional stage: the maximum of each channel over
 * square regions at three scales, each region's vector normalized to length 1, their sum normalized
 * again (R-MAC).
 *
 * <p>At scale l the side of a region is 2 min(P,Q) / (l + 1), and the regions lie evenly, l along
 * the shorter side, more along the longer so that neighbors overlap by about 40 %. The paper's
 * whitening, which needs statistics of other images, is left out.
 *
 * @see <a href="https://arxiv.org/abs/1511.05879">Tolias et al. 2016, "Particular object retrieval
 *     with integral max-pooling of CNN activations"</a>
 */
public final class RegionalPooling {
  private static final int SCALES = 3;
  private static final double OVERLAP = 0.4;
  private static final int MOST_MORE = 6;

  private final int rows;
  private final int columns;
  private final int channels;
  private final List<Region> regions = new ArrayList<>();

  private record Region(int y, int x, int side) {}

  /** Lays out the regions of a map [rows, columns, channels]. */
  public RegionalPooling(int rows, int columns, int channels) {
    if (rows < 1 || columns < 1 || channels < 1) {
      throw new IllegalArgumentException(
          "the map is ["
              + rows
              + ", "
              + columns
              + ", "
              + channels
              + "], but each extent must be >= 1");
    }
    this.rows = rows;
    this.columns = columns;
    this.channels = channels;
    int shorter = Math.min(rows, columns);
    int more = rows == columns ? 0 : moreAlongLonger(shorter, Math.max(rows, columns));
    for (int scale = 1; scale <= SCALES; scale++) {
      int side = Math.max(1, 2 * shorter / (scale + 1));
      int down = scale + (rows > columns ? more : 0);
      int across = scale + (columns > rows ? more : 0);
      for (int i = 0; i < down; i++) {
        for (int j = 0; j < across; j++) {
          add(new Region(place(i, down, rows - side), place(j, across, columns - side), side));
        }
      }
    }
  }

  /** Returns the number of regions. */
  public int regions() {
    return regions.size();
  }

  // On a small map several places of the grid are the same region, which must not weigh more.
  private void add(Region region) {
    if (!regions.contains(region)) {
      regions.add(region);
    }
  }

  private static int place(int index, int count, int room) {
    return count == 1 ? room / 2 : (int) ((long) index * room / (count - 1));
  }

  // The number of further regions along the longer side whose overlap is nearest to the one wanted.
  private static int moreAlongLonger(int shorter, int longer) {
    int best = 1;
    for (int more = 2; more <= MOST_MORE; more++) {
      if (miss(more, shorter, longer) < miss(best, shorter, longer)) {
        best = more;
      }
    }
    return best;
  }

  private static double miss(int more, int shorter, int longer) {
    double step = (double) (longer - shorter) / more;
    return Math.abs(1 - step / shorter - OVERLAP);
  }

  /**
   * Pools one image.
   *
   * @param map where the image's [rows, columns, channels] are
   * @param from index of the first value
   * @param vector receives [channels], of length 1; all 0 if the map has no value above 0
   * @param to index of the first value
   */
  public void pool(float[] map, int from, float[] vector, int to) {
    double[] sum = new double[channels];
    float[] maxima = new float[channels];
    for (Region region : regions) {
      maxima(map, from, region, maxima);
      double length = 0;
      for (float value : maxima) {
        length += (double) value * value;
      }
      if (length > 0) {
        double scale = 1 / Math.sqrt(length);
        for (int c = 0; c < channels; c++) {
          sum[c] += scale * maxima[c];
        }
      }
    }
    double length = 0;
    for (double value : sum) {
      length += value * value;
    }
    double scale = length > 0 ? 1 / Math.sqrt(length) : 0;
    for (int c = 0; c < channels; c++) {
      vector[to + c] = (float) (scale * sum[c]);
    }
  }

  private void maxima(float[] map, int from, Region region, float[] maxima) {
    java.util.Arrays.fill(maxima, Float.NEGATIVE_INFINITY);
    for (int y = region.y(); y < Math.min(rows, region.y() + region.side()); y++) {
      for (int x = region.x(); x < Math.min(columns, region.x() + region.side()); x++) {
        int pixel = from + (y * columns + x) * channels;
        for (int c = 0; c < channels; c++) {
          maxima[c] = Math.max(maxima[c], map[pixel + c]);
        }
      }
    }
  }
}
