package org.octothorpe.cli.report;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a person sees of work in stages, each over a known number of images: a bar that moves on a
 * terminal; elsewhere a line at its end, and every few seconds before. Safe from any thread.
 */
public final class StageDisplay {
  private static final double LINE_SECONDS = 5;
  private static final double BAR_SECONDS = 0.2;
  private static final int BAR_CELLS = 20;
  private static final int COLUMNS = 79;

  private final PrintWriter out;
  private final @Nullable PrintStream screen;

  /** Makes a display that writes lines to {@code out} where the error stream is not a terminal. */
  public StageDisplay(PrintWriter out) {
    this(out, ProgressDisplay.isTerminal() ? System.err : null);
  }

  StageDisplay(PrintWriter out, @Nullable PrintStream screen) {
    this.out = out;
    this.screen = screen;
  }

  /** Starts a stage; what is returned takes the number of images done. */
  public LongConsumer stage(String name, long total) {
    return new Stage(name, total);
  }

  private final class Stage implements LongConsumer {
    private final String name;
    private final long total;
    private final long started = System.nanoTime();
    private double shown;
    private long most;
    private boolean ended;

    Stage(String name, long total) {
      this.name = name;
      this.total = total;
    }

    @Override
    public synchronized void accept(long done) {
      most = Math.max(most, done);
      double seconds = (System.nanoTime() - started) * 1e-9;
      boolean end = most >= total && !ended;
      if (!end && seconds - shown < (screen != null ? BAR_SECONDS : LINE_SECONDS)) {
        return;
      }
      ended |= end;
      shown = seconds;
      int full = (int) (BAR_CELLS * most / Math.max(1, total));
      String counts =
          String.format(Locale.ROOT, "%,d of %,d  %,.0f/s", most, total, most / seconds);
      PrintStream terminal = screen;
      if (terminal != null) {
        String bar = "=".repeat(full) + " ".repeat(BAR_CELLS - full);
        String line = String.format(Locale.ROOT, "%-28s [%s] %s", name, bar, counts);
        terminal.printf(Locale.ROOT, "\r%-" + COLUMNS + "." + COLUMNS + "s", line);
        if (end) {
          terminal.println();
        }
        terminal.flush();
      } else {
        out.println(name + ": " + counts);
        out.flush();
      }
    }
  }
}
