package org.octothorpe.data;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.samples.SampleProbe;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.io.CorruptFileException;

/**
 * A file that says what a data set holds, so that it is known again wherever it lies: a line for
 * each image, in the order of the data set, with its name, size, labels, repeat factor and probe,
 * separated by tabs; compressed by gzip.
 *
 * <p>Two data sets are the same if they have as many images, and each has the same name in its
 * shard or folder, the same size, labels and repeat factor. How shards and folders are called does
 * not count. The pictures are compared where a line has an {@link SampleProbe}: of up to {@value
 * #PROBES} images all, of more as many, spread evenly, and the first of each shard.
 */
public final class DatasetRecord {
  private static final String FORMAT = "octothorpe-data-1";
  private static final int PROBES = 512;
  private static final int BUFFER_BYTES = 1 << 16;

  private DatasetRecord() {}

  /** Writes the record of a data set, whole or not at all. */
  public static void write(Path file, Dataset data) throws IOException {
    AtomicFiles.write(
        file,
        out -> {
          GZIPOutputStream packed = new GZIPOutputStream(out, BUFFER_BYTES);
          Writer lines =
              new BufferedWriter(
                  new OutputStreamWriter(packed, StandardCharsets.UTF_8), BUFFER_BYTES);
          lines.write(FORMAT + "\t" + data.size() + "\n");
          for (int i = 0; i < data.size(); i++) {
            lines.write(DatasetLine.of(data, i, isProbed(data, i)).text());
            lines.write('\n');
          }
          lines.flush();
          packed.finish();
        });
  }

  /**
   * Compares a data set with a record.
   *
   * @param vocabulary names the labels
   * @return what differs, for people; empty if nothing does
   * @throws CorruptFileException if the file is not such a record
   */
  public static Optional<String> difference(Path file, Dataset data, Vocabulary vocabulary)
      throws IOException {
    DatasetComparison comparison = new DatasetComparison(data, vocabulary);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file), BUFFER_BYTES),
                StandardCharsets.UTF_8.newDecoder()),
            BUFFER_BYTES)) {
      long images = images(file, lines.readLine());
      for (long i = 0; i < images; i++) {
        comparison.add(DatasetLine.parse(file, i + 2, lines.readLine()));
      }
      if (lines.read() >= 0) {
        throw new CorruptFileException(file, "it has more lines than images");
      }
    } catch (ZipException | EOFException | CharacterCodingException e) {
      throw new CorruptFileException(file, "it is damaged or cut short", e);
    }
    return comparison.result();
  }

  private static long images(Path file, @Nullable String head) throws CorruptFileException {
    if (head == null || !head.matches(FORMAT + "\t[0-9]{1,10}")) {
      throw new CorruptFileException(
          file, "its first line must be '" + FORMAT + "', a tab and the number of images");
    }
    return Long.parseLong(head.substring(head.indexOf('\t') + 1));
  }

  private static boolean isProbed(Dataset data, int image) {
    long size = data.size();
    return size <= PROBES
        || (image + 1L) * PROBES / size != (long) image * PROBES / size
        || isFirstOfShard(data, image);
  }

  private static boolean isFirstOfShard(Dataset data, int image) {
    return !areOfOneShard(data, image - 1, image) && areOfOneShard(data, image, image + 1);
  }

  private static boolean areOfOneShard(Dataset data, int first, int second) {
    return first >= 0
        && second < data.size()
        && data.sample(first).file().equals(data.sample(second).file());
  }
}
