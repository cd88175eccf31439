package org.octothorpe.io;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reference files that lie beside the repository, in {@code ../shared/golden}; without them a test
 * is skipped.
 */
final class ReferenceFiles {
  private ReferenceFiles() {}

  static Path find(String name) {
    Path found = search(name);
    assumeTrue(found != null, "needs the reference file shared/golden/" + name);
    return found == null ? Path.of(name) : found;
  }

  private static @Nullable Path search(String name) {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path file = at.resolve("shared/golden").resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }
}
