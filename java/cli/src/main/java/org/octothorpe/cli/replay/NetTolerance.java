package org.octothorpe.cli.replay;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the results of a whole network may be wrong by: relative L2, for each tensor.
 *
 * <p>How much of a rounding reaches a result depends on the network, its weights and its batch: a
 * ReLU or a maximum that rounding turns over can change a gradient by a third of it. So it is
 * measured: {@link NaiveNetwork} takes the case's steps in double and again with every value
 * rounded that a device rounds. The two differ by rounding alone, whether or not the device or the
 * case's expected values are right. A device may be wrong by
 *
 * <ul>
 *   <li>in BF16, twice that, the rule for every BF16 kernel. Which ReLUs turn over is chance, most
 *       felt by the five losses and by gradients of few channels: hence the root mean square of
 *       {@value #DRAWS} naive runs, which differ in the order of their sums.
 *   <li>in F32, sqrt(n) times that, n the longest sum, of a batch norm's statistics behind the
 *       stem: the naive run adds exactly, a device makes a roundoff a term, which walk at random.
 * </ul>
 *
 * <p>and by {@value #FLOOR} roundoffs of the type that the tensor is kept in, for results that the
 * naive run happens to hit. Zeros in place of a tensor are wrong by 1; so where the naive run is
 * wrong by e, no tolerance exceeds (1 + e) / 2, half-way to them, which is below 2 e from e = 1/3
 * on.
 */
final class NetTolerance {
  private static final int DRAWS = 4;
  private static final int FLOOR = 2;

  private final Map<String, Double> tolerances = new LinkedHashMap<>();

  NetTolerance(Precision precision, NetCase net) {
    Map<String, double[]> exact = NetRun.results(new NaiveNetwork(net, Rounding.none()), net);
    // F32 has no draws: its naive run has one order of sums, the exact one.
    int draws = precision.isF32() ? 1 : DRAWS;
    Map<String, Double> squares = new LinkedHashMap<>();
    for (int draw = 0; draw < draws; draw++) {
      Rounding rounding = Rounding.of(precision.dtype(), draw);
      NetRun.results(new NaiveNetwork(net, rounding), net)
          .forEach(
              (key, naive) -> {
                double error = error(key, exact.get(key), naive);
                squares.merge(key, error * error, Double::sum);
              });
    }
    long[] pixels = net.pixels(1).shape();
    // The stem halves rows and columns.
    double longestSum = pixels[0] * Math.ceil(pixels[2] / 2.0) * Math.ceil(pixels[3] / 2.0);
    double allowed = precision.isF32() ? Math.sqrt(longestSum) : 2;
    squares.forEach(
        (key, sum) -> {
          // Of all results only logits are kept in the type of activations.
          double roundoff = key.contains("logits") ? precision.output() : Precision.F32_ROUNDOFF;
          double error = Math.sqrt(sum / draws);
          tolerances.put(key, Math.min(allowed * error + FLOOR * roundoff, (1 + error) / 2));
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
