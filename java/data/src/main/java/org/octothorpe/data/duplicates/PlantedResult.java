package org.octothorpe.data.duplicates;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.octothorpe.data.duplicates.PlantedDuplicates.Kind;

/**
 * What a search made of planted duplicates: for every threshold the share of each kind that is
 * found and the pairs that are found and should not be.
 *
 * <p>A pair is false if the copy is not one of that image, unless the two images themselves score
 * {@link #REAL} or more: the data held those duplicates before any was planted.
 */
public final class PlantedResult {
  /** The score of two images of the data from which on they count as duplicates in truth. */
  public static final double REAL = 0.9;

  private static final int STEPS = 100; // thresholds are whole hundredths

  private final Map<Kind, int[]> found = new HashMap<>(); // copies whose image scores each step
  private final Map<Kind, int[]> wrong = new HashMap<>(); // false pairs that score each step
  private final Map<Kind, Integer> planted = new HashMap<>();
  private final int real;

  private PlantedResult(PlantedDuplicates copies, List<Pair> pairs, DuplicateSearch search) {
    for (Kind kind : Kind.values()) {
      found.put(kind, new int[STEPS + 1]);
      wrong.put(kind, new int[STEPS + 1]);
      planted.put(kind, 0);
    }
    copies.kinds().forEach(kind -> planted.merge(kind, 1, Integer::sum));
    Map<List<Integer>, Double> originals = new HashMap<>();
    for (Pair pair : pairs) {
      Kind kind = copies.kinds().get(pair.query());
      int source = copies.sources().get(pair.query());
      int step = (int) Math.floor(pair.score() * STEPS);
      if (pair.match() == source) {
        counts(found, kind)[step]++;
      } else {
        List<Integer> two = List.of(source, pair.match());
        if (originals.computeIfAbsent(two, p -> search.score(p.get(0), p.get(1))) < REAL) {
          counts(wrong, kind)[step]++;
        }
      }
    }
    this.real = (int) originals.values().stream().filter(score -> score >= REAL).count();
  }

  /** Searches the planted duplicates in the images that they are copies of. */
  public static PlantedResult measure(
      DuplicateSearch search, PlantedDuplicates copies, ImageSet queries, LongConsumer progress) {
    return new PlantedResult(copies, search.of(queries, progress), search);
  }

  private static int[] counts(Map<Kind, int[]> of, Kind kind) {
    int[] counts = of.get(kind);
    if (counts == null) {
      throw new IllegalStateException("every kind is counted");
    }
    return counts;
  }

  private static int from(int[] counts, double threshold) {
    int first = (int) Math.round(threshold * STEPS);
    return Arrays.stream(counts, first, counts.length).sum();
  }

  /** Returns the number of copies of a kind. */
  public int planted(Kind kind) {
    return planted.getOrDefault(kind, 0);
  }

  /** Returns the share of the copies of a kind whose image scores a threshold or more, in [0,1]. */
  public double recall(Kind kind, double threshold) {
    return (double) from(counts(found, kind), threshold) / planted(kind);
  }

  /** Returns the number of false pairs of a kind that score a threshold or more. */
  public int falsePairs(Kind kind, double threshold) {
    return from(counts(wrong, kind), threshold);
  }

  /** Returns the share of all pairs that score a threshold or more and are right; 1 if none do. */
  public double precision(double threshold) {
    long right = 0;
    long all = 0;
    for (Kind kind : Kind.values()) {
      right += from(counts(found, kind), threshold);
      all += from(counts(found, kind), threshold) + falsePairs(kind, threshold);
    }
    return all == 0 ? 1 : (double) right / all;
  }

  /** Returns how many different pairs were left aside because their images are duplicates. */
  public int real() {
    return real;
  }

  /**
   * Returns the lowest threshold, in hundredths from {@link DuplicateSearch#FLOOR}, from which on
   * the precision is high enough.
   *
   * @param precision in (0,1]; 1 allows no false pair
   */
  public double threshold(double precision) {
    if (!(precision > 0 && precision <= 1)) {
      throw new IllegalArgumentException("precision is " + precision + ", but must be in (0,1]");
    }
    int step = STEPS;
    int floor = (int) Math.round(DuplicateSearch.FLOOR * STEPS);
    while (step > floor && precision((step - 1.0) / STEPS) >= precision) {
      step--;
    }
    return (double) step / STEPS;
  }
}
