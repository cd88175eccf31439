package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.octothorpe.data.BadSamples;
import org.octothorpe.data.Row;
import org.octothorpe.data.RowFile;

/** One reading of all input files, several at once. */
final class Scan {
  private static final int ROWS_A_REPORT = 1 << 12;

  private final List<RowFile> files;
  private final int threads;
  private final CurationListener listener;
  private final long bytes;

  Scan(List<RowFile> files, int threads, CurationListener listener) throws IOException {
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
  interface Consumer {
    void row(Row row, int file, int worker) throws IOException;
  }

  void run(String task, boolean contents, BadSamples bad, Consumer consumer) throws IOException {
    AtomicLong done = new AtomicLong();
    Workers.run(
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
      if (++rows % ROWS_A_REPORT == 0) {
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
