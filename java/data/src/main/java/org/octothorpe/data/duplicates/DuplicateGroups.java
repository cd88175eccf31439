package org.octothorpe.data.duplicates;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.octothorpe.data.samples.SampleName;
import org.octothorpe.internal.AtomicFiles;

/**
 * The images of a set in groups of duplicates, and which of each group to drop: all but the one
 * with the most pixels, of those the largest file, of those the first.
 *
 * @param groups each of at least two images, by their indices, the one that is kept first
 */
public record DuplicateGroups(List<List<Integer>> groups) {
  /** Copies the list. */
  public DuplicateGroups {
    groups = List.copyOf(groups);
  }

  /**
   * Groups what pairs join, directly or over others.
   *
   * @param pairs of images of the set; those below the threshold do not count
   */
  public static DuplicateGroups of(Fingerprints prints, List<Pair> pairs, double threshold) {
    int[] leader = new int[prints.size()];
    for (int i = 0; i < leader.length; i++) {
      leader[i] = i;
    }
    for (Pair pair : pairs) {
      if (pair.score() >= threshold) {
        int a = leaderOf(leader, pair.query());
        int b = leaderOf(leader, pair.match());
        leader[Math.max(a, b)] = Math.min(a, b);
      }
    }
    Map<Integer, List<Integer>> groups = new TreeMap<>();
    for (int i = 0; i < leader.length; i++) {
      groups.computeIfAbsent(leaderOf(leader, i), first -> new ArrayList<>()).add(i);
    }
    Comparator<Integer> bestFirst =
        Comparator.comparingLong(prints::pixels)
            .thenComparingInt(i -> prints.samples().get(i).bytes())
            .reversed()
            .thenComparing(Comparator.naturalOrder());
    return new DuplicateGroups(
        groups.values().stream()
            .filter(group -> group.size() > 1)
            .map(group -> group.stream().sorted(bestFirst).toList())
            .toList());
  }

  private static int leaderOf(int[] leader, int image) {
    int at = image;
    while (leader[at] != at) {
      leader[at] = leader[leader[at]];
      at = leader[at];
    }
    return at;
  }

  /** Returns the images to drop, in the order of the set. */
  public List<Integer> dropped() {
    return groups.stream().flatMap(group -> group.stream().skip(1)).sorted().toList();
  }

  /**
   * Writes the images to drop: a line each, the shard's file name (empty for an image that is a
   * file of its own), a tab, and the image's name.
   *
   * @throws IllegalArgumentException if two images of the set have the same name
   */
  public void writeDropList(Fingerprints prints, Path file) throws IOException {
    NamedSamples.index(prints.samples());
    String lines =
        dropped().stream()
            .map(i -> SampleName.of(prints.samples().get(i)) + "\n")
            .collect(Collectors.joining());
    AtomicFiles.write(file, lines);
  }
}
