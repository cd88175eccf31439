package org.octothorpe.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.count.Histogram;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.SampleName;

/**
 * What is known of one input file before its tags are counted: how many rows, which of them cannot
 * take part, and why.
 */
final class FileCount implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What cannot be used. */
  record Bad(String where, String reason) implements Serializable {}

  private final ArrayList<Bad> bad = new ArrayList<>();
  private final ArrayList<BadSamples.BrokenShard> broken = new ArrayList<>();
  private final LinkedHashMap<String, LinkedHashSet<String>> noted = new LinkedHashMap<>();
  private final ArrayList<Long> excluded = new ArrayList<>();
  private final ArrayList<SampleName> dropped = new ArrayList<>();
  private final Histogram tagsPerImage = new Histogram();
  private long rows;

  /** Reads a file. */
  static FileCount read(RowFile file, boolean needsImages, DropLists drops) throws IOException {
    FileCount count = new FileCount();
    BadSamples named = new BadSamples(1, message -> {});
    file.read(
        0,
        needsImages,
        row -> {
          SampleName drop = drops.find(file, row);
          if (drop != null) {
            count.dropped.add(drop);
            count.excluded.add(row.position());
          } else {
            count.add(file, row, needsImages, named);
          }
          return true;
        },
        named);
    named.forEach((where, reason) -> count.bad.add(new Bad(where, reason)));
    count.broken.addAll(named.brokenShards());
    named.notedPlaces().forEach((what, at) -> count.noted.put(what, new LinkedHashSet<>(at)));
    return count;
  }

  private void add(RowFile file, Row row, boolean needsImages, BadSamples named)
      throws IOException {
    String obstacle = needsImages ? row.image().fault(row.content()) : "";
    if (obstacle.isEmpty()) {
      rows++;
      tagsPerImage.add(row.tags().size());
    } else {
      named.add(file.path() + ": " + row.place(), obstacle);
      excluded.add(row.position());
    }
  }

  List<Bad> bad() {
    return bad;
  }

  List<BadSamples.BrokenShard> broken() {
    return broken;
  }

  /** Adds what was noted to the notes of the whole curation. */
  void noteTo(BadSamples bad) {
    noted.forEach((what, places) -> places.forEach(where -> bad.note(what, where)));
  }

  /** Returns the positions of the rows that are well formed, but take no part. */
  List<Long> excluded() {
    return excluded;
  }

  /** Returns the images of the rows among them that a list drops. */
  List<SampleName> dropped() {
    return dropped;
  }

  Histogram tagsPerImage() {
    return tagsPerImage;
  }

  long rows() {
    return rows;
  }
}
