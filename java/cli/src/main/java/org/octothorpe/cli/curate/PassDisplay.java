package org.octothorpe.cli.curate;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.report.ProgressDisplay;

/**
 * What a person sees of passes over data: a bar that moves on a terminal; elsewhere a line every
 * few seconds, and one at the end of each pass. Safe from any thread.
 */
final class PassDisplay implements AutoCloseable {
  private static final double LINE_SECONDS = 5;
  private static final double BAR_SECONDS = 0.2;
  private static final int BAR_CELLS = 30;
  private static final int COLUMNS = 79; // one less than 80: a line that wraps is not painted over

  private final PrintWriter out;
  private final @Nullable PrintStream screen;
  private String task = "";
  private long start;
  private long shown;
  private boolean painted;

  PassDisplay(PrintWriter out) {
    this(out, ProgressDisplay.isTerminal() ? System.err : null);
  }

  PassDisplay(PrintWriter out, @Nullable PrintStream screen) {
    this.out = out;
    this.screen = screen;
  }

  synchronized void show(String now, long done, long total) {
    long time = System.nanoTime();
    if (!now.equals(task)) {
      close();
      task = now;
      start = time;
      shown = time;
    }
    PrintStream terminal = screen;
    double pause = 1e-9 * (time - shown);
    boolean end = done >= total;
    if (!end && pause < (terminal != null ? BAR_SECONDS : LINE_SECONDS)) {
      return;
    }
    shown = time;
    double share = total > 0 ? (double) done / total : 1;
    String duration = ProgressDisplay.duration(1e-9 * (time - start));
    if (terminal != null) {
      int full = (int) (share * BAR_CELLS);
      String bar = "=".repeat(full) + " ".repeat(BAR_CELLS - full);
      String text =
          String.format(Locale.ROOT, "%3.0f %% [%s] %s, %s", 100 * share, bar, task, duration);
      terminal.printf(Locale.ROOT, "\r%-" + COLUMNS + "s", text);
      terminal.flush();
      painted = true;
    } else {
      out.printf(Locale.ROOT, "%s: %.0f %%, %s%n", task, 100 * share, duration);
      out.flush();
    }
  }

  /** Ends the line of a bar. */
  @Override
  public synchronized void close() {
    PrintStream terminal = screen;
    if (terminal != null && painted) {
      terminal.println();
      painted = false;
    }
  }
}
