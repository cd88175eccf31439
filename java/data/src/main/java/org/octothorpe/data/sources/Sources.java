package org.octothorpe.data.sources;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.tar.Compression;

/**
 * The files that a user's argument names: a shard, a {@link FileGlob} of shards, a folder of
 * shards, or a folder of images. A file whose name is the argument as written counts before any
 * pattern.
 */
public final class Sources {
  /** The manifest of a curated set, by which its folder is known. */
  public static final String CURATION_MANIFEST = "manifest.json";

  /** The table of a curated set's tags. */
  public static final String CURATED_TAGS = "tags.csv";

  /** What the name of a shard's index adds to the shard's. */
  public static final String INDEX_SUFFIX = ".index";

  /** The lists of tags that make a folder one of images; the first that exists counts. */
  private static final List<String> TAG_LISTS = List.of("tags.jsonl", "labels.csv");

  private static final String TAR = "tar";
  private static final Pattern URL =
      Pattern.compile("([a-z][a-z0-9+.-]*://|pipe:).*", Pattern.DOTALL);
  private static final String ROWS_RULE =
      "; give a tar or a table (.jsonl, .csv, .parquet), a glob such as 'data/*.jsonl', or a"
          + " folder";
  private static final String RULE =
      "; give a tar, a glob such as 'data/train-*.tar' or 'data/train-{000..099}.tar', a folder of"
          + " tars, or a folder with labels.csv or tags.jsonl";

  private Sources() {}

  /**
   * Returns the files, sorted; a list of tags means a folder of images.
   *
   * @param bad receives a note of what is skipped
   * @throws IllegalArgumentException if there is nothing of the kind
   */
  public static List<Path> of(String argument, BadSamples bad) throws IOException {
    Path path = path(argument);
    if (!Files.isDirectory(path)) {
      return files(argument, path, RULE);
    }
    Path list = tagList(path);
    if (list != null) {
      return List.of(list);
    }
    List<Path> found = inFolder(path, bad).stream().filter(file -> kind(file).equals(TAR)).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "the folder " + argument + " has neither labels.csv, tags.jsonl nor a .tar" + RULE);
    }
    return found;
  }

  /**
   * Returns the files of rows, sorted; a folder may hold tables, too.
   *
   * @param bad receives a note of what is skipped
   * @throws IllegalArgumentException if there is nothing of the kind, or of several kinds
   */
  public static List<Path> ofRows(String argument, BadSamples bad) throws IOException {
    Path path = path(argument);
    if (!Files.isDirectory(path)) {
      return files(argument, path, ROWS_RULE);
    }
    Path list = tagList(path);
    List<Path> found = list != null ? List.of(list) : inFolder(path, bad);
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "the folder " + argument + " has neither a .tar, .jsonl, .csv nor .parquet");
    }
    for (Path file : found) {
      if (!kind(file).equals(kind(found.get(0)))) {
        throw new IllegalArgumentException(
            "the folder %s holds files of several kinds, %s and %s; give those of one, as '%s'"
                .formatted(
                    path,
                    found.get(0).getFileName(),
                    file.getFileName(),
                    path.resolve("*." + kind(found.get(0)))));
      }
    }
    return found;
  }

  /** Returns whether the end of a file's name is that of a table. */
  public static boolean isTable(Path path) {
    return List.of("jsonl", "csv", "parquet").contains(kind(path));
  }

  /** Returns the end of a file's name that says what it is; {@code tar} of a compressed one. */
  public static String kind(Path path) {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    String extension = name.substring(name.lastIndexOf('.') + 1);
    if (Compression.isTarName(name)) {
      return TAR;
    }
    return extension.equals("ndjson") ? "jsonl" : extension;
  }

  /** Returns whether a file is the list of a folder of images, by its name. */
  public static boolean isTagList(Path path) {
    return TAG_LISTS.stream().anyMatch(path::endsWith);
  }

  /** Returns whether a file is the index of a shard, by its name. */
  public static boolean isIndex(Path path) {
    return path.toString().toLowerCase(Locale.ROOT).endsWith(".tar" + INDEX_SUFFIX);
  }

  /** Returns a folder's list of tags, or null if it has none. */
  private static @Nullable Path tagList(Path folder) {
    for (String name : TAG_LISTS) {
      Path list = folder.resolve(name);
      if (Files.isRegularFile(list)) {
        return list;
      }
    }
    return null;
  }

  private static List<Path> inFolder(Path folder, BadSamples bad) throws IOException {
    // A curated set lists its tags in a table.
    boolean set = Files.exists(folder.resolve(CURATION_MANIFEST));
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files =
          all.filter(path -> isTable(path) || kind(path).equals(TAR))
              .filter(path -> !(set && path.endsWith(CURATED_TAGS)))
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
    }
    List<Path> found = new ArrayList<>();
    for (Path file : files) {
      if (String.valueOf(file.getFileName()).startsWith(".")) {
        bad.note("hidden files of a folder were skipped", file.toString());
      } else {
        found.add(file);
      }
    }
    return found;
  }

  private static Path path(String argument) {
    try {
      Path path = Path.of(argument);
      if (URL.matcher(argument).matches() && !Files.exists(path)) {
        throw new IllegalArgumentException(
            argument
                + " is not a file of this machine, and nothing else is read: download it (curl -O,"
                + " aws s3 cp, gsutil cp), or mount it, and give the path");
      }
      boolean home = argument.startsWith("~/") && !Files.exists(path);
      return home ? Path.of(System.getProperty("user.home"), argument.substring(2)) : path;
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          "'" + MemberName.of(argument) + "' is not a path: " + e.getReason(), e);
    }
  }

  private static List<Path> files(String argument, Path path, String rule) throws IOException {
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (!FileGlob.isPattern(argument)) {
      throw new IllegalArgumentException("there is no " + argument + rule);
    }
    List<Path> found = FileGlob.files(path);
    if (found.isEmpty()) {
      throw new IllegalArgumentException("no file matches " + argument + rule);
    }
    return found;
  }
}
