package org.octothorpe.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The shapes of one operation, {@code tests/shapes/<op>.txt}, which benchmarks read too. */
final class ShapeFile {
  private ShapeFile() {}

  /**
   * Returns the numbers of the lines of one kind, such as {@code test}; there is at least one line.
   */
  static List<int[]> read(String op, String kind) {
    Path file = root().resolve("tests/shapes/" + op + ".txt");
    try {
      List<int[]> shapes =
          Files.readAllLines(file).stream()
              .map(line -> line.replaceFirst("#.*", "").strip().split("\\s+"))
              .filter(words -> words[0].equals(kind))
              .map(words -> Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).toArray())
              .toList();
      if (shapes.isEmpty()) {
        throw new IllegalStateException(file + " has no line of the kind '" + kind + "'");
      }
      return shapes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The folder that holds {@code tests/shapes}: the working directory of the test or one above it.
   */
  static Path root() {
    for (Path path = Path.of("").toAbsolutePath(); path != null; path = path.getParent()) {
      if (Files.isDirectory(path.resolve("tests/shapes"))) {
        return path;
      }
    }
    throw new IllegalStateException(
        "no folder above " + Path.of("").toAbsolutePath() + " has tests/shapes");
  }
}
