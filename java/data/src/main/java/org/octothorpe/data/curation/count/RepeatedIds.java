package org.octothorpe.data.curation.count;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.RowFile;

/** The rows whose id an earlier one has. For one thread. */
public final class RepeatedIds {
  private record Duplicate(int file, long position, int firstFile, long firstPosition) {}

  private final List<Duplicate> all = new ArrayList<>();

  /** Makes an empty list. */
  public RepeatedIds() {}

  /** Notes the row at a position of a file, and the first of its id. */
  public void add(int file, long position, int firstFile, long firstPosition) {
    all.add(new Duplicate(file, position, firstFile, firstPosition));
  }

  /** Returns how many there are. */
  public long count() {
    return all.size();
  }

  /** Names them, in the order of the input. */
  public void report(List<RowFile> files, BadSamples bad) throws IOException {
    all.sort(Comparator.comparingInt(Duplicate::file).thenComparingLong(Duplicate::position));
    Map<Integer, SortedSet<Long>> positions = new TreeMap<>();
    for (Duplicate row : all) {
      positions.computeIfAbsent(row.file, key -> new TreeSet<>()).add(row.position);
      positions.computeIfAbsent(row.firstFile, key -> new TreeSet<>()).add(row.firstPosition);
    }
    Map<Integer, Map<Long, String>> places = new HashMap<>();
    for (Map.Entry<Integer, SortedSet<Long>> file : positions.entrySet()) {
      places.put(file.getKey(), files.get(file.getKey()).places(file.getValue()));
    }
    for (Duplicate row : all) {
      String where = files.get(row.file).path() + ": " + place(places, row.file, row.position);
      String reason =
          String.format(
              Locale.ROOT,
              "it has the id of %s of %s",
              place(places, row.firstFile, row.firstPosition),
              files.get(row.firstFile).path());
      if (!bad.add(where, reason)) { // a shard may hold several samples of one name
        bad.add(where + " at byte " + row.position, reason);
      }
    }
  }

  private static String place(Map<Integer, Map<Long, String>> places, int file, long position) {
    Map<Long, String> ofFile = places.getOrDefault(file, Map.of());
    return ofFile.getOrDefault(position, "the row at " + position);
  }
}
