package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleKey;

/**
 * A folder of image files with one table of their tags, {@code labels.csv} or {@code tags.jsonl};
 * see {@link RowFile} for the columns.
 */
final class ImageFolder {
  private ImageFolder() {}

  /**
   * Indexes a folder: passes its good samples on, in the order of the list, and counts the bad
   * ones.
   *
   * @param scope as {@link RowFile#scope}
   */
  static void index(Path list, String scope, Consumer<Sample> samples, BadSamples bad)
      throws IOException {
    Path absolute = list.toAbsolutePath();
    Set<String> seen = new HashSet<>();
    RowFile.Sink sink =
        row -> {
          String where = absolute + ": " + row.place();
          String obstacle = row.image().obstacle(null);
          if (row.image().isUrl()) {
            bad.add(where, obstacle);
            return true;
          }
          Path image = Path.of(row.image().file());
          String name = row.name();
          if (!seen.add(name)) {
            bad.add(where, "the file " + name + " occurs twice");
          } else if (!obstacle.isEmpty()) {
            bad.add(where, obstacle);
          } else {
            samples.accept(
                new Sample(
                    image,
                    name,
                    0,
                    (int) Files.size(image),
                    row.tags(),
                    Sample.NO_CLASS,
                    SampleKey.of(row.id()).high(),
                    1));
          }
          return true;
        };
    RowFile.of(absolute, scope).read(0, false, sink, bad);
  }
}
