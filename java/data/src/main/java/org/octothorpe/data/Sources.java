package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/**
 * The files that a user's argument stands for: a shard, a glob of shards, a folder of shards, or a
 * folder of images.
 */
final class Sources {
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
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (Files.isDirectory(path)) {
      Path list = ImageFolder.list(path);
      List<Path> found = list != null ? List.of(list) : glob(path.resolve("*.tar"));
      if (found.isEmpty()) {
        throw new IllegalArgumentException(
            "the folder " + argument + " has neither labels.csv, tags.jsonl nor a .tar" + RULE);
      }
      return found;
    }
    if (!isGlob(argument)) {
      throw new IllegalArgumentException("there is no " + argument + RULE);
    }
    List<Path> found = glob(path);
    if (found.isEmpty()) {
      throw new IllegalArgumentException("no file matches " + argument + RULE);
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
