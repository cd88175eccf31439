package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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

  // Walks from the last folder that is no pattern, as deep as the pattern has components.
  private static List<Path> glob(Path pattern) throws IOException {
    Path absolute = pattern.toAbsolutePath().normalize();
    Path start = absolute.getRoot();
    int depth = 0;
    for (Path component : absolute) {
      if (depth > 0 || isGlob(component.toString())) {
        depth++;
      } else {
        start = start.resolve(component);
      }
    }
    if (!Files.isDirectory(start)) {
      return List.of();
    }
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + absolute);
    try (Stream<Path> walk = Files.walk(start, depth)) {
      return new ArrayList<>(
          walk.filter(Files::isRegularFile).filter(matcher::matches).sorted().toList());
    }
  }
}
