package org.octothorpe.cli.report;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.train.Listener;
import org.octothorpe.train.Progress;

/**
 * A CSV file with one row per step, and the same in memory as a {@link LossCurve}. A run that is
 * resumed keeps the rows up to its checkpoint.
 */
public final class CsvLog implements Listener, AutoCloseable {
  private static final String HEADER =
      "step,images,epoch,loss,learning_rate,images_per_second,waited_share,seconds";
  private static final long FLUSH_NANOS = 2_000_000_000L;

  private final Path file;
  private final BufferedWriter writer;
  private final LossCurve curve = new LossCurve();
  private long flushed = System.nanoTime();

  /**
   * Opens the file.
   *
   * @param images images processed so far; 0 for a new run
   */
  public CsvLog(Path file, long images) throws IOException {
    this.file = file;
    List<String> kept = new ArrayList<>(List.of(HEADER));
    if (images > 0 && Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (isUpTo(line, images)) {
          kept.add(line);
        }
      }
    }
    AtomicFiles.write(file, String.join("\n", kept) + "\n");
    writer = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
  }

  /** Hands all rows to the system, so that a checkpoint never has rows that the log lacks. */
  public void flush() throws IOException {
    try {
      writer.flush();
    } catch (IOException e) {
      throw new IOException("cannot write the log " + file + ": " + e.getMessage(), e);
    }
    flushed = System.nanoTime();
  }

  /** Takes up a row of an earlier part of the run; a last line that was cut off is not a row. */
  private boolean isUpTo(String line, long images) {
    String[] fields = line.split(",", -1);
    if (fields.length != HEADER.split(",").length || line.equals(HEADER)) {
      return false;
    }
    try {
      long at = Long.parseLong(fields[1]);
      if (at <= images) {
        curve.add(at, Double.parseDouble(fields[3]), Double.parseDouble(fields[4]));
      }
      return at <= images;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Returns the losses so far. */
  public LossCurve curve() {
    return curve;
  }

  @Override
  public void onBatch(Progress progress) {
    curve.add(progress.images(), progress.loss(), progress.learningRate());
    try {
      writer.write(
          String.format(
              Locale.ROOT,
              "%d,%d,%d,%.7g,%.7g,%.1f,%.4f,%.3f",
              progress.step(),
              progress.images(),
              progress.epoch(),
              progress.loss(),
              progress.learningRate(),
              progress.imagesPerSecond(),
              progress.waitedShare(),
              progress.seconds()));
      writer.newLine();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the log " + file + ": " + e.getMessage(), e);
    }
    if (System.nanoTime() - flushed > FLUSH_NANOS) {
      try {
        flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      writer.close();
    } catch (IOException e) {
      throw new IOException("cannot write the log " + file + ": " + e.getMessage(), e);
    }
  }
}
