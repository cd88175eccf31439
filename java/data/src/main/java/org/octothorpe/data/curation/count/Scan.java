package org.octothorpe.data.curation.count;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.machine.Workers;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;

/** One reading of all input files, several at once. */
public final class Scan {
  private static final int ROWS_PER_REPORT = 1 << 12;

  private final List<RowFile> files;
  private final int threads;
  private final ProgressListener listener;
  private final long bytes;

  /** Prepares a reading of files by {@code threads} threads. */
  public Scan(List<RowFile> files, int threads, ProgressListener listener) throws IOException {
    this.files = files;
    this.threads = threads;
    this.listener = listener;
    long sum = 0;
    for (RowFile file : files) {
      sum += Files.size(file.path());
    }
    bytes = sum;
  }

  /** Takes the rows of a file in order, and rows of other files at the same time. */
  @FunctionalInterface
  public interface Consumer {
    /**
     * Takes a row.
     *
     * @param file the number of the file in the input
     * @param worker the number of the thread, which no other thread has
     */
    void row(Row row, int file, int worker) throws IOException;
  }

  /**
   * Reads all rows.
   *
   * @param task what the progress is called
   * @param contents whether {@link Row#content} is wanted
   * @param bad counts and names what is not a row
   */
  public void run(String task, boolean contents, BadSamples bad, Consumer consumer)
      throws IOException {
    AtomicLong done = new AtomicLong();
    Workers.run(
        "octothorpe-curation",
        threads,
        files.size(),
        (file, worker) -> {
          RowFile rows = files.get(file);
          long size = Files.size(rows.path());
          Progress progress = new Progress(task, done, size);
          rows.read(
              0,
              contents,
              row -> {
                consumer.row(row, file, worker);
                progress.row(row.position());
                return true;
              },
              bad);
          progress.end();
        });
  }

  /** How much of a file is done; a table's positions are rows, and count at its end only. */
  private final class Progress {
    private final String task;
    private final AtomicLong done;
    private final long size;
    private long reported;
    private int rows;

    Progress(String task, AtomicLong done, long size) {
      this.task = task;
      this.done = done;
      this.size = size;
    }

    void row(long position) {
      if (++rows % ROWS_PER_REPORT == 0) {
        report(Math.min(position, size));
      }
    }

    void end() {
      report(size);
    }

    private void report(long position) {
      listener.onProgress(task, done.addAndGet(position - reported), bytes);
      reported = position;
    }
  }
}
