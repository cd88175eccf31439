package org.octothorpe.cli.report;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.BadSamples;

/**
 * What a user reads about data that cannot be used: the first few at once, all of them in a file,
 * and the counts at the end, where they cannot be missed. Safe from any thread.
 */
public final class BadReport implements Consumer<String> {
  private static final int SHOWN = 10;

  private final PrintWriter out;
  private final @Nullable Path file;
  private final Set<String> written = new HashSet<>();
  private int count;

  /**
   * Makes a report.
   *
   * @param file receives a line for each, after those of an earlier part of the run; null for none
   */
  public BadReport(PrintWriter out, @Nullable Path file) throws IOException {
    this.out = out;
    this.file = file;
    if (file != null && Files.exists(file)) {
      written.addAll(Files.readAllLines(file, StandardCharsets.UTF_8));
    }
  }

  /** Takes "where: reason". */
  @Override
  public synchronized void accept(String message) {
    count++;
    String line = message.replace('\n', ' ');
    if (count <= SHOWN) {
      out.println(line);
    } else if (count == SHOWN + 1) {
      out.println("and more" + (file != null ? ": all are in " + file : ""));
    }
    out.flush();
    if (file != null && written.add(line)) {
      try {
        Files.write(
            file,
            List.of(line),
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * Prints the counts, every shard that is cut short, and what was noted; nothing if all was good.
   */
  public synchronized void conclude(BadSamples bad) {
    List<BadSamples.BrokenShard> shards = bad.brokenShards();
    if (!shards.isEmpty()) {
      out.printf(
          Locale.ROOT,
          "WARNING: %d %s cut short or overwritten:%n",
          shards.size(),
          shards.size() == 1 ? "shard is" : "shards are");
      for (BadSamples.BrokenShard shard : shards.subList(0, Math.min(SHOWN, shards.size()))) {
        out.printf(
            Locale.ROOT,
            "  %s, %,d samples read, about %,d lost%n",
            shard.shard(),
            shard.samples(),
            shard.lost());
      }
      if (shards.size() > SHOWN) {
        out.printf(Locale.ROOT, "  and %,d more%n", shards.size() - SHOWN);
      }
    }
    bad.notes().forEach(note -> out.println("WARNING: " + note));
    if (bad.count() > 0) {
      out.printf(
          Locale.ROOT,
          "WARNING: %,d bad %s left out%s%n",
          bad.count(),
          bad.count() == 1 ? "item was" : "items were",
          file != null ? ": " + file : "");
    }
    out.flush();
  }
}
