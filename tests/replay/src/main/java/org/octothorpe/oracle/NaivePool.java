package org.octothorpe.oracle;

import org.octothorpe.Shape;
import org.octothorpe.ops.MaxPool;

/**
 * Maxima over windows, straight from the definition: the first NaN of a window in row-major order
 * wins, or else the first of its largest values. x [N,H,W,C], y [N,P,Q,C].
 */
public final class NaivePool {
  /** The shape of y. */
  public final Shape output;

  /** The maxima. */
  public final double[] y;

  /** For each maximum its place in its window, counted row by row. */
  public final byte[] places;

  private final int[] winners;
  private final int inputs;

  /** Takes the maxima of x. */
  public NaivePool(MaxPool pool, Shape shape, double[] x) {
    this.output = pool.outputShape(shape);
    this.inputs = x.length;
    y = new double[Math.toIntExact(output.elements())];
    places = new byte[y.length];
    winners = new int[y.length];
    int kernel = Math.toIntExact(pool.kernel());
    int to = 0;
    for (long n = 0; n < output.get(0); n++) {
      for (long p = 0; p < output.get(1); p++) {
        for (long q = 0; q < output.get(2); q++) {
          for (int c = 0; c < output.get(3); c++, to++) {
            int winner = -1;
            for (int place = 0; place < kernel * kernel; place++) {
              long h = p * pool.stride() - pool.padding() + place / kernel;
              long w = q * pool.stride() - pool.padding() + place % kernel;
              if (h < 0 || h >= shape.get(1) || w < 0 || w >= shape.get(2)) {
                continue;
              }
              int from =
                  Math.toIntExact(((n * shape.get(1) + h) * shape.get(2) + w) * shape.get(3) + c);
              boolean nan = winner >= 0 && Double.isNaN(x[winner]);
              if (winner < 0 || (!nan && !(x[from] <= x[winner]))) {
                winner = from;
                places[to] = (byte) place;
              }
            }
            y[to] = x[winner];
            winners[to] = winner;
          }
        }
      }
    }
  }

  /** Returns the gradient of x: each dy goes to the winner of its window. */
  public Sums backward(double[] dy) {
    Sums sums = new Sums(inputs);
    for (int i = 0; i < dy.length; i++) {
      sums.add(winners[i], dy[i]);
    }
    return sums;
  }

  /** Returns the sums of x [N,H,W,C] over H and W, [N,C]: those of a global average pool. */
  public static Sums sums(Shape shape, double[] x) {
    int channels = Math.toIntExact(shape.get(3));
    int pixels = Math.toIntExact(shape.get(1) * shape.get(2));
    Sums sums = new Sums(shape.get(0) * channels);
    for (int i = 0; i < x.length; i++) {
      sums.add(i / (pixels * channels) * channels + i % channels, x[i]);
    }
    return sums;
  }
}
