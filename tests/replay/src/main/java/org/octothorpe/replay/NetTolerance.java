package org.octothorpe.replay;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.octothorpe.oracle.Rounding;

/**
 * What the results of a whole network may be wrong by: relative L2, for each tensor.
 *
 * <p>How much of a rounding reaches a result depends on the network, its weights and its batch: a
 * ReLU or a maximum that rounding turns over can change a gradient by one third of it, and every
 * step starts from what the steps before it left. So it is measured: {@link NaiveNetwork} takes all
 * steps of the case in double, and again several times with every value rounded that a device
 * rounds, and every sum off by what its length costs in F32, at random ({@link Rounding}). Such a
 * draw differs from the exact run by rounding alone, whether or not the device or the case's
 * expected values are right. A device may be wrong by
 *
 * <ul>
 *   <li>in BF16, twice the root mean square of the draws, the rule for every BF16 kernel. Which
 *       ReLUs turn over is chance, most felt by the losses and by gradients of few channels: hence
 *       several draws.
 *   <li>in F32, twice the largest of the draws, whose sums are off by {@value #MARGIN} times what
 *       their length costs. Here a ReLU seldom turns over, but outweighs all roundings if it does.
 *       One that is within a deviation of turning over in the device's order of summation turns
 *       over in 2 of 5 of such draws, and so in at least one of {@value #DRAWS} in all but 1 of 60
 *       cases; twice, since the device may have two that no draw has together. Where none turns
 *       over, the margins cover any order of summation.
 * </ul>
 *
 * <p>and by {@value #FLOOR} roundoffs of the type that the tensor is kept in, for results that the
 * draws happen to hit. Zeros in place of a tensor are wrong by 1; so where the draws are wrong by
 * e, no tolerance exceeds (1 + e) / 2, half-way to them, which is below 2 e from e = 1/3 on.
 */
final class NetTolerance {
  private static final int DRAWS = 8;
  private static final int MARGIN = 2;
  private static final int FLOOR = 2;

  private final Map<String, Double> tolerances = new LinkedHashMap<>();

  NetTolerance(Precision precision, NetCase net) {
    Map<String, double[]> exact = NetRun.results(new NaiveNetwork(net, Rounding.none()), net);
    Map<String, Double> squares = new LinkedHashMap<>();
    Map<String, Double> largest = new LinkedHashMap<>();
    for (int draw = 0; draw < DRAWS; draw++) {
      Rounding rounding = Rounding.of(precision.dtype(), draw, precision.isF32() ? MARGIN : 1);
      NetRun.results(new NaiveNetwork(net, rounding), net)
          .forEach(
              (key, naive) -> {
                double error = error(key, exact.get(key), naive);
                squares.merge(key, error * error, Double::sum);
                largest.merge(key, error, Math::max);
              });
    }
    squares.forEach(
        (key, sum) -> {
          // Of all results only logits are kept in the type of activations.
          double roundoff = key.contains("logits") ? precision.output() : Rounding.ROUNDOFF;
          double rms = Math.sqrt(sum / DRAWS);
          double error = precision.isF32() ? largest.getOrDefault(key, 0.0) : rms;
          tolerances.put(key, Math.min(2 * error + FLOOR * roundoff, (1 + error) / 2));
        });
  }

  private static double error(String key, double @Nullable [] exact, double[] naive) {
    return Comparison.of(key, Objects.requireNonNull(exact, key), naive, 0).relativeError();
  }

  /** Returns the tolerance of a result. */
  double of(String key) {
    Double tolerance = tolerances.get(key);
    if (tolerance == null) {
      throw new IllegalArgumentException("the network has no result '" + key + "'");
    }
    return tolerance;
  }
}
