package org.octothorpe.data.curation;

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
import org.octothorpe.data.Row;
import org.octothorpe.data.RowFile;
import org.octothorpe.data.duplicates.ImageName;

/**
 * Images that take no part in a curation, as a search for duplicates lists them: a line each, the
 * shard's file name (empty for an image that is a file of its own), a tab, and the image's name. A
 * row that points into a shard of which it is no part has no such name, and is never dropped.
 */
public final class DropLists implements Serializable {
  private static final long serialVersionUID = 1L;

  private record Lines(String file, ArrayList<ImageName> images) implements Serializable {}

  private final ArrayList<Lines> lists = new ArrayList<>();
  private final HashSet<ImageName> images = new HashSet<>();

  private DropLists() {}

  /**
   * Reads lists.
   *
   * @param input that they are about
   * @throws IllegalArgumentException if a line is malformed, with its file and number; or if two
   *     files of the input differ in their folder alone, so that it is unclear which is meant
   */
  static DropLists read(List<String> paths, List<RowFile> input) throws IOException {
    DropLists drops = new DropLists();
    for (String path : paths) {
      Lines list = new Lines(path, new ArrayList<>());
      TextLines.read("drop", Path.of(path), line -> list.images.add(ImageName.parse(line)));
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
      String name = RowFile.shardName(path);
      boolean shard = !RowFile.isTable(path);
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
  public @Nullable ImageName find(RowFile file, Row row) {
    ImageName name = images.isEmpty() ? null : ImageName.of(file, row);
    return name != null && images.contains(name) ? name : null;
  }

  /** Returns what became of each list. */
  List<CurationReport.DropList> report(Collection<ImageName> found) {
    return lists.stream()
        .map(
            list ->
                new CurationReport.DropList(
                    list.file,
                    list.images.stream().filter(found::contains).distinct().count(),
                    list.images.stream().filter(name -> !found.contains(name)).count()))
        .toList();
  }
}
