package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * A file of rows of (image id, image, hashtags or caption): a WebDataset shard, a table of JSON
 * Lines, CSV or Parquet.
 *
 * <p>Columns are {@code id} (default: the file), {@code file} (path of the image, from the table's
 * folder, or a URL), {@code tags} (see {@link TagText}) or {@code caption}; a Parquet file may hold
 * the bytes in a column {@code image}. A shard's id is the key of its members, unless their .json
 * has an {@code id}. Reading one file is for one thread; several files may be read at once.
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
   * Reads rows in their order.
   *
   * @param position 0, or the {@link Row#position} of the first row to read
   * @param contents whether {@link Row#content} is wanted, where the file has it
   * @param bad counts and names what is no row
   */
  void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException;

  /**
   * Returns how messages name the rows at positions, as {@link Row#place}.
   *
   * @param positions that {@link #read} has told
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
   * @throws IllegalArgumentException if a source does not exist, a file is of none of the kinds, or
   *     a folder holds several kinds
   */
  static List<RowFile> of(List<String> sources) throws IOException {
    List<RowFile> files = new ArrayList<>();
    for (String source : sources) {
      for (Path path : Sources.ofRows(source)) {
        files.add(of(path));
      }
    }
    return files;
  }

  /**
   * Returns a file, its kind told by the end of its name.
   *
   * @throws IllegalArgumentException if that is none of .tar, .jsonl, .csv and .parquet
   */
  static RowFile of(Path path) {
    return switch (Sources.kind(path)) {
      case "tar" -> new TarRows(path);
      case "jsonl" -> new JsonRows(path);
      case "csv" -> new CsvRows(path);
      case "parquet" -> new ParquetRows(path);
      default ->
          throw new IllegalArgumentException(
              path + ": its name must end in .tar, .jsonl, .csv or .parquet");
    };
  }
}
