package org.octothorpe.data;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The comparison of a data set with the lines of a {@link DatasetRecord}, one after the other. */
final class DatasetComparison {
  private static final int NAMED_LABELS = 5;

  private final Dataset data;
  private final Vocabulary vocabulary;
  private long recorded; // lines so far
  private long hashes; // their sum, which does not depend on the order
  private @Nullable DatasetLine then; // the first that differs
  private @Nullable DatasetLine now; // what is in its place; null if nothing is
  private long differs;

  DatasetComparison(Dataset data, Vocabulary vocabulary) {
    this.data = data;
    this.vocabulary = vocabulary;
  }

  /** Compares the next line with the image in its place. */
  void add(DatasetLine line) {
    hashes += line.hash();
    if (then == null) {
      DatasetLine found =
          recorded < data.size()
              ? DatasetLine.of(data, (int) recorded, !line.probe().isEmpty())
              : null;
      if (!line.equals(found)) {
        then = line;
        now = found;
        differs = recorded;
      }
    }
    recorded++;
  }

  /** Returns what differs, after the last line. */
  Optional<String> result() {
    DatasetLine before = then;
    if (before == null && recorded == data.size()) {
      return Optional.empty();
    }
    if (before == null) {
      return Optional.of(
          counts() + "; the first new one is " + data.sample((int) recorded).where());
    }
    DatasetLine after = now;
    if (after == null) {
      return Optional.of(counts() + "; the first that is missing is " + described(before));
    }
    String where = data.sample((int) differs).where();
    if (after.equals(withoutProbe(before, after))) {
      return Optional.of(
          where + " has the size and the labels that it had, but is another picture");
    }
    if (isReordered()) {
      return Optional.of(
          "it has the same images in another order: where "
              + before.name()
              + " was, there is "
              + where
              + "; give --data the shards or folders in the order that they had");
    }
    return Optional.of(
        counts()
            + "; the first that differs is number "
            + (differs + 1)
            + ": it was "
            + described(before)
            + ", and is "
            + described(after)
            + " ("
            + where
            + ")");
  }

  private static DatasetLine withoutProbe(DatasetLine line, DatasetLine other) {
    return new DatasetLine(line.name(), line.bytes(), line.labels(), line.repeat(), other.probe());
  }

  private boolean isReordered() {
    if (recorded != data.size()) {
      return false;
    }
    long sum = 0;
    for (int i = 0; i < data.size(); i++) {
      sum += DatasetLine.of(data, i, false).hash();
    }
    return sum == hashes;
  }

  private String counts() {
    return recorded == data.size()
        ? "it has " + recorded + " images as before"
        : "it had " + recorded + " images and has " + data.size();
  }

  private String described(DatasetLine line) {
    String[] ids = line.labels().split(",", -1);
    String labels =
        Arrays.stream(ids).limit(NAMED_LABELS).map(this::label).collect(Collectors.joining(" "));
    return line.name()
        + " of "
        + line.bytes()
        + " bytes with "
        + labels
        + (ids.length > NAMED_LABELS ? " ... (" + ids.length + " tags)" : "")
        + (line.repeat().isEmpty() ? "" : ", repeated " + line.repeat().replaceFirst(":.*", ""));
  }

  private String label(String id) {
    boolean known = id.matches("[0-9]{1,9}") && Integer.parseInt(id) < vocabulary.size();
    return "#" + (known ? vocabulary.tags().get(Integer.parseInt(id)) : id);
  }
}
