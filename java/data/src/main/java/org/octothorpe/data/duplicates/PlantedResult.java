package org.octothorpe.data.duplicates;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.octothorpe.data.duplicates.PlantedDuplicates.Kind;

/**
 * What a search made of planted duplicates: for every threshold the share of each kind that is
 * found and the pairs that are found and should not be.
 *
 * <p>A pair is false if the copy is not one of that image, unless the two images themselves score
 * {@link #REAL} or more, or are joined by others found that do: the data held those duplicates
 * before any was planted.
 */
public final class PlantedResult {
  /** The score of two images of the data from which on they count as duplicates in truth. */
  public static final double REAL = 0.9;

  private static final int STEPS = 100; // thresholds are whole hundredths

  private final Map<Kind, int[]> found = new HashMap<>(); // copies whose image scores each step
  private final Map<Kind, int[]> wrong = new HashMap<>(); // false pairs that score each step
  private final Map<Kind, Integer> planted = new HashMap<>();
  private final Set<Long> real = new HashSet<>();
  private final Map<Long, Double> originals = new HashMap<>(); // scores of two images of the data
  private final DuplicateSearch search;

  private PlantedResult(PlantedDuplicates copies, List<Pair> pairs, DuplicateSearch search) {
    for (Kind kind : Kind.values()) {
      found.put(kind, new int[STEPS + 1]);
      wrong.put(kind, new int[STEPS + 1]);
      planted.put(kind, 0);
    }
    copies.kinds().forEach(kind -> planted.merge(kind, 1, Integer::sum));
    this.search = search;
    Map<Integer, List<Pair>> byQuery =
        pairs.stream()
            .collect(Collectors.groupingBy(Pair::query, TreeMap::new, Collectors.toList()));
    byQuery.forEach(
        (query, own) -> count(copies.kinds().get(query), copies.sources().get(query), own));
  }

  private void count(Kind kind, int source, List<Pair> own) {
    Set<Integer> group = group(source, own);
    for (Pair pair : own) {
      int step = (int) Math.floor(pair.score() * STEPS);
      if (pair.match() == source) {
        counts(found, kind)[step]++;
      } else if (group.contains(pair.match())) {
        real.add(pair.match() * (long) Integer.MAX_VALUE + source);
      } else {
        counts(wrong, kind)[step]++;
      }
    }
  }

  /** Returns the images among the matches that the source is joined to, over others or directly. */
  private Set<Integer> group(int source, List<Pair> own) {
    Set<Integer> group = new HashSet<>(Set.of(source));
    Deque<Integer> open = new ArrayDeque<>(group);
    while (!open.isEmpty()) {
      int image = open.remove();
      for (Pair pair : own) {
        if (!group.contains(pair.match()) && original(image, pair.match()) >= REAL) {
          group.add(pair.match());
          open.add(pair.match());
        }
      }
    }
    return group;
  }

  private double original(int a, int b) {
    return originals.computeIfAbsent(
        Math.min(a, b) * (long) Integer.MAX_VALUE + Math.max(a, b), pair -> search.score(a, b));
  }

  /** Searches the planted duplicates in the images that they are copies of. */
  public static PlantedResult measure(
      DuplicateSearch search, PlantedDuplicates copies, SearchSet queries, LongConsumer progress) {
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

  /**
   * Returns how many different pairs were left aside because their images are duplicates in truth.
   */
  public int real() {
    return real.size();
  }

  /**
   * Returns the lowest threshold, in hundredths from {@link #REAL}, from which on the precision is
   * high enough. Planted copies are few beside the pairs that a search meets: what they say of
   * lower scores, at which different images of one make are common, is not trusted.
   *
   * @param precision in (0,1]; 1 allows no false pair
   */
  public double threshold(double precision) {
    if (!(precision > 0 && precision <= 1)) {
      throw new IllegalArgumentException("precision is " + precision + ", but must be in (0,1]");
    }
    int step = STEPS;
    int floor = (int) Math.round(REAL * STEPS);
    while (step > floor && precision((step - 1.0) / STEPS) >= precision) {
      step--;
    }
    return (double) step / STEPS;
  }
}
