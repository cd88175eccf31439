package org.octothorpe.data.rows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.sources.IdScopes;
import org.octothorpe.data.sources.Sources;
import org.octothorpe.data.tags.TagText;

/**
 * A file of rows of (image id, image, hashtags or caption): a WebDataset shard, a table of JSON
 * Lines, CSV or Parquet.
 *
 * <p>Columns are {@code id} (default: the {@link #scope} and the file), {@code file} (path of the
 * image, from the table's folder, or a URL), {@code tags} (see {@link TagText}) or {@code caption};
 * a Parquet file may hold the bytes in a column {@code image}. In a shard, the id is the scope and
 * the name of the image, unless its .json has an {@code id}. Reading one file is for one thread;
 * several files may be read at once.
 */
public interface RowFile {
  /** Takes rows. */
  @FunctionalInterface
  interface Sink {
    /** Takes a row; returns whether more are wanted. */
    boolean row(Row row) throws IOException;
  }

  /** Returns the file. */
  Path path();

  /**
   * Returns what the ids of its images begin with that name none themselves: what tells the file
   * from others of the input, wherever that lies.
   */
  String scope();

  /**
   * Reads rows in their order.
   *
   * @param position 0, or the {@link Row#position} of the first row to read
   * @param contents whether {@link Row#content} is wanted, where the file has it
   * @param bad counts and names what is not a row
   */
  void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException;

  /**
   * Returns how messages name the rows at positions, as {@link Row#place}.
   *
   * @param positions that {@link #read} has passed on
   */
  default Map<Long, String> places(SortedSet<Long> positions) throws IOException {
    Map<Long, String> places = new HashMap<>();
    for (long position : positions) {
      Sink sink =
          row -> {
            places.put(position, row.place());
            return false;
          };
      read(position, false, sink, new BadSamples(1, message -> {}));
    }
    return places;
  }

  /**
   * Returns the files of sources, in the order of the sources, those of a folder or glob sorted.
   *
   * @param bad receives a note of what is skipped
   * @throws IllegalArgumentException if a source does not exist, a file is of none of the kinds, or
   *     a folder holds several kinds
   */
  static List<RowFile> of(List<String> sources, BadSamples bad) throws IOException {
    List<Path> paths = new ArrayList<>();
    for (String source : sources) {
      paths.addAll(Sources.ofRows(source, bad));
    }
    List<String> scopes = IdScopes.of(paths);
    List<RowFile> files = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      files.add(of(paths.get(i), scopes.get(i)));
    }
    return files;
  }

  /**
   * Returns a file, its kind given by the end of its name.
   *
   * @param scope as {@link #scope}
   * @throws IllegalArgumentException if that is none of .tar (also compressed), .jsonl, .csv and
   *     .parquet
   */
  static RowFile of(Path path, String scope) {
    return switch (Sources.kind(path)) {
      case "tar" -> new TarRows(path, scope);
      case "jsonl" -> new JsonRows(path, scope);
      case "csv" -> new CsvRows(path, scope);
      case "parquet" -> new ParquetRows(path, scope);
      default ->
          throw new IllegalArgumentException(
              path + ": its name must end in .tar, .jsonl, .csv or .parquet");
    };
  }
}
