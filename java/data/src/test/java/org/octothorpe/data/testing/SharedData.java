package org.octothorpe.data.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * Real images outside the repository, in the folder that {@code OCTOTHORPE_SHARED} names (property
 * or environment), or in {@code shared} beside the repository. Tests of them are skipped, with the
 * reason, where there are none.
 */
public final class SharedData {
  private SharedData() {}

  /** Returns a file or folder of the shared data, or skips the test. */
  public static Path require(String relative) {
    String named = System.getProperty("OCTOTHORPE_SHARED", System.getenv("OCTOTHORPE_SHARED"));
    Path found = named != null ? Path.of(named).resolve("data") : besideRepository();
    if (found == null || !Files.exists(found.resolve(relative))) {
      String reason =
          "no shared data: neither OCTOTHORPE_SHARED nor ../shared of the repository has data/"
              + relative;
      System.out.println("SKIPPED: " + reason);
      throw new TestAbortedException(reason);
    }
    return found.resolve(relative);
  }

  private static @Nullable Path besideRepository() {
    return Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
        .filter(folder -> Files.isDirectory(folder.resolve("native/include/octothorpe")))
        .map(root -> root.resolveSibling("shared").resolve("data"))
        .findFirst()
        .orElse(null);
  }
}
