package org.octothorpe.cli.report;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.train.Listener;
import org.octothorpe.train.Progress;

/**
 * What a person sees while a network trains: a bar that moves on a terminal; elsewhere a line every
 * few seconds.
 *
 * <p>The bar asks the terminal nothing and sets no signal handler: Ctrl-C must reach the run, which
 * then writes a checkpoint.
 */
public final class ProgressDisplay implements Listener, AutoCloseable {
  private static final double LINE_SECONDS = 5;
  private static final double BAR_SECONDS = 0.5;
  private static final double SMOOTHING = 0.05;
  private static final int BAR_CELLS = 20;
  // One less than the 80 columns of a plain terminal: a line that wraps cannot be painted over.
  private static final int COLUMNS = 79;

  private final PrintWriter out;
  private final @Nullable PrintStream screen;
  private double loss = Double.NaN;
  private double lastLine;
  private boolean painted;
  private @Nullable UncheckedIOException failure;
  private Runnable whenUnwritable = () -> {};

  /** Makes a display that writes lines to {@code out} where the error stream is not a terminal. */
  public ProgressDisplay(PrintWriter out) {
    this(out, isTerminal() ? System.err : null);
  }

  /** Makes a display that paints a bar on {@code screen}, a terminal, or writes lines if null. */
  ProgressDisplay(PrintWriter out, @Nullable PrintStream screen) {
    this.out = out;
    this.screen = screen;
  }

  /**
   * Sets what happens when a line cannot be written, instead of the loss of the steps since the
   * last checkpoint; {@link #onEnd} then throws the reason.
   */
  public ProgressDisplay whenUnwritable(Runnable action) {
    whenUnwritable = action;
    return this;
  }

  /** Returns whether the error stream is shown to a person as it comes. */
  public static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      String kind = System.getenv("TERM");
      boolean capable = kind != null && !kind.equals("dumb");
      return capable && (target.startsWith("/dev/pts/") || target.startsWith("/dev/tty"));
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  @Override
  public void onStart(Progress progress) {
    loss = Double.NaN;
    lastLine = screen != null ? -BAR_SECONDS : 0; // the bar appears with the first step
  }

  @Override
  public void onBatch(Progress progress) {
    loss = Double.isNaN(loss) ? progress.loss() : loss + SMOOTHING * (progress.loss() - loss);
    PrintStream terminal = screen;
    double pause = terminal != null ? BAR_SECONDS : LINE_SECONDS;
    if (progress.seconds() - lastLine < pause) {
      return;
    }
    lastLine = progress.seconds();
    if (terminal != null) {
      // Padded, so that nothing is left of a longer one.
      terminal.printf(Locale.ROOT, "\r%-" + COLUMNS + "s", bar(progress));
      terminal.flush();
      painted = true;
    } else {
      try {
        out.println(line(progress));
        out.flush();
      } catch (UncheckedIOException e) {
        failure = e;
        whenUnwritable.run();
      }
    }
  }

  @Override
  public void onEnd(Progress progress, Outcome outcome) {
    close();
    if (failure != null) {
      throw failure;
    }
    if (progress.imagesHere() > 0) {
      out.println(line(progress));
      out.flush();
    }
  }

  /** Returns a line of figures. */
  String line(Progress progress) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d images (%.0f %%)  %,.0f images/s  loss %.3f  lr %.4g  waited for data %.0f %%"
            + "  %s left",
        shown(progress),
        progress.totalImages(),
        100 * share(progress),
        progress.imagesPerSecond(),
        loss,
        progress.learningRate(),
        100 * progress.waitedShare(),
        left(progress));
  }

  /** Returns the bar, short enough for a line of a terminal. */
  private String bar(Progress progress) {
    int full = (int) (share(progress) * BAR_CELLS);
    String text =
        String.format(
            Locale.ROOT,
            "%3.0f %% [%s%s] %,d/%,d  %,.0f/s  loss %.3f  %s left",
            100 * share(progress),
            "=".repeat(full),
            " ".repeat(BAR_CELLS - full),
            shown(progress),
            progress.totalImages(),
            progress.imagesPerSecond(),
            loss,
            left(progress));
    return text.length() <= COLUMNS ? text : text.substring(0, COLUMNS);
  }

  // The last step takes a whole batch, and so may go beyond the images asked for.
  private static long shown(Progress progress) {
    return Math.min(progress.images(), progress.totalImages());
  }

  private static double share(Progress progress) {
    return (double) shown(progress) / progress.totalImages();
  }

  private static String left(Progress progress) {
    double rate = progress.imagesPerSecond();
    return rate > 0 ? duration((progress.totalImages() - shown(progress)) / rate) : "?";
  }

  /** Returns seconds as m:ss or h:mm:ss. */
  public static String duration(double seconds) {
    long s = Math.round(seconds);
    return s < 3600
        ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  @Override
  public void close() {
    PrintStream terminal = screen;
    if (terminal != null && painted) {
      terminal.println();
      painted = false;
    }
  }
}
