package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.octothorpe.data.curation.CurationManifest;

/**
 * The files that a user's argument stands for: a shard, a glob of shards, a folder of shards, or a
 * folder of images.
 */
final class Sources {
  private static final String ROWS_RULE =
      "; give a tar or a table (.jsonl, .csv, .parquet), a glob such as 'data/*.jsonl', or a folder";
  private static final String RULE =
      "; give a tar, a glob such as 'data/train-*.tar', a folder of tars, or a folder with"
          + " labels.csv or tags.jsonl";

  private Sources() {}

  /**
   * Returns the files, sorted; a list of tags stands for a folder of images.
   *
   * @throws IllegalArgumentException if there is nothing of the kind
   */
  static List<Path> of(String argument) throws IOException {
    Path path = Path.of(argument);
    if (Files.isDirectory(path)) {
      Path list = ImageFolder.list(path);
      List<Path> found = list != null ? List.of(list) : glob(path.resolve("*.tar"));
      if (found.isEmpty()) {
        throw new IllegalArgumentException(
            "the folder " + argument + " has neither labels.csv, tags.jsonl nor a .tar" + RULE);
      }
      return found;
    }
    return files(argument, RULE);
  }

  /**
   * Returns the files of rows, sorted; a folder may hold tables, too.
   *
   * @throws IllegalArgumentException if there is nothing of the kind, or of several kinds
   */
  static List<Path> ofRows(String argument) throws IOException {
    Path path = Path.of(argument);
    if (Files.isDirectory(path)) {
      Path list = ImageFolder.list(path);
      List<Path> found = list != null ? List.of(list) : inFolder(path);
      if (found.isEmpty()) {
        throw new IllegalArgumentException(
            "the folder " + argument + " has neither a .tar, .jsonl, .csv nor .parquet");
      }
      return found;
    }
    return files(argument, ROWS_RULE);
  }

  /** Returns whether the end of a file's name is that of a table. */
  static boolean isTable(Path path) {
    return List.of("jsonl", "csv", "parquet").contains(kind(path));
  }

  /** Returns the end of a file's name that says what it is. */
  static String kind(Path path) {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    String extension = name.substring(name.lastIndexOf('.') + 1);
    return extension.equals("ndjson") ? "jsonl" : extension;
  }

  private static List<Path> inFolder(Path folder) throws IOException {
    // A curated set lists its tags in a table.
    boolean set = Files.exists(folder.resolve(CurationManifest.FILE));
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files =
          all.filter(path -> isTable(path) || kind(path).equals("tar"))
              .filter(path -> !(set && path.endsWith("tags.csv")))
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
    }
    for (Path file : files) {
      if (!kind(file).equals(kind(files.get(0)))) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "the folder %s holds files of several kinds, %s and %s; give those of one, as '%s'",
                folder,
                files.get(0).getFileName(),
                file.getFileName(),
                folder.resolve("*." + kind(files.get(0)))));
      }
    }
    return files;
  }

  private static List<Path> files(String argument, String rule) throws IOException {
    Path path = Path.of(argument);
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (!isGlob(argument)) {
      throw new IllegalArgumentException("there is no " + argument + rule);
    }
    List<Path> found = glob(path);
    if (found.isEmpty()) {
      throw new IllegalArgumentException("no file matches " + argument + rule);
    }
    return found;
  }

  private static boolean isGlob(String text) {
    return text.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
  }

  // One component after the other, so that only folders that match so far are opened.
  private static List<Path> glob(Path pattern) throws IOException {
    Path absolute = pattern.toAbsolutePath().normalize();
    List<Path> level = List.of(absolute.getRoot());
    for (Path component : absolute) {
      List<Path> next = new ArrayList<>();
      for (Path folder : level) {
        if (isGlob(component.toString())) {
          addMatches(folder, component.toString(), next);
        } else if (Files.exists(folder.resolve(component))) {
          next.add(folder.resolve(component));
        }
      }
      level = next;
    }
    return level.stream().filter(Files::isRegularFile).sorted().toList();
  }

  private static void addMatches(Path folder, String glob, List<Path> matches) throws IOException {
    if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
      return; // as a shell does
    }
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, glob)) {
      for (Path path : found) {
        if (!path.toString().endsWith(".tar" + ShardIndex.SUFFIX)) { // it belongs to its shard
          matches.add(path);
        }
      }
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "'" + glob + "' is no pattern of file names: " + e.getDescription(), e);
    }
  }
}
