package org.octothorpe.data.curation.count;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.files.TextLines;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.SampleName;
import org.octothorpe.data.sources.Sources;

/**
 * Images that are left out of a curation, as a search for duplicates lists them: one line per
 * image, with the shard's file name (empty for an image that is a file of its own), a tab, and the
 * image's name. A row that points into a shard that it is not part of has no such name, and is
 * never dropped.
 */
public final class DropLists implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * A list of images to leave out.
   *
   * @param file the list
   * @param images of it that were left out
   * @param linesWithoutImage its lines that name no image of the input
   */
  public record Outcome(String file, long images, long linesWithoutImage) {
    /** Returns how many lines name no image, in words; "" if all do. */
    public String unmatched() {
      return switch ((int) Math.min(2, linesWithoutImage)) {
        case 0 -> "";
        case 1 -> "1 line of " + file + " names no image";
        default -> linesWithoutImage + " lines of " + file + " name no image";
      };
    }
  }

  private record Lines(String file, ArrayList<SampleName> images) implements Serializable {}

  private final ArrayList<Lines> lists = new ArrayList<>();
  private final HashSet<SampleName> images = new HashSet<>();

  private DropLists() {}

  /**
   * Reads lists.
   *
   * @param input that they are about
   * @throws IllegalArgumentException if a line is malformed, with its file and number; or if two
   *     files of the input differ in their folder alone, so that it is unclear which is meant
   */
  public static DropLists read(List<String> paths, List<RowFile> input) throws IOException {
    DropLists drops = new DropLists();
    for (String path : paths) {
      Lines list = new Lines(path, new ArrayList<>());
      TextLines.read("drop", Path.of(path), line -> list.images.add(SampleName.parse(line)));
      drops.lists.add(list);
      drops.images.addAll(list.images);
    }
    drops.checkUnambiguous(input);
    return drops;
  }

  private void checkUnambiguous(List<RowFile> input) {
    HashSet<String> named = new HashSet<>();
    images.forEach(image -> named.add(image.shard()));
    Map<String, Path> places = new HashMap<>();
    for (RowFile file : input) {
      Path path = file.path().toAbsolutePath().normalize();
      String name = MemberName.ofFile(path);
      boolean shard = !Sources.isTable(path);
      Path place = shard ? path : path.resolveSibling("");
      Path other = places.putIfAbsent(shard ? name : "", place);
      if (other != null && !other.equals(place) && named.contains(shard ? name : "")) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "drop is %s, but %s and %s of the input differ in their folder alone; curate them"
                    + " apart",
                lists.stream().map(Lines::file).toList(),
                other,
                place));
      }
    }
  }

  /** Returns the name of a row's image if it is to be dropped, null otherwise. */
  public @Nullable SampleName find(RowFile file, Row row) {
    SampleName name = images.isEmpty() ? null : row.sampleName(file);
    return name != null && images.contains(name) ? name : null;
  }

  /** Returns what became of each list. */
  public List<Outcome> outcomes(Collection<SampleName> found) {
    return lists.stream()
        .map(
            list ->
                new Outcome(
                    list.file,
                    list.images.stream().filter(found::contains).distinct().count(),
                    list.images.stream().filter(name -> !found.contains(name)).count()))
        .toList();
  }
}
