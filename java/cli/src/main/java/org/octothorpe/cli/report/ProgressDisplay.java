package org.octothorpe.cli.report;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.octothorpe.train.Listener;
import org.octothorpe.train.Progress;

/**
 * What a person sees while a network trains: a bar that moves on a terminal; elsewhere a line every
 * few seconds.
 */
public final class ProgressDisplay implements Listener, AutoCloseable {
  private static final double LINE_SECONDS = 5;
  private static final double SMOOTHING = 0.05;

  private final PrintWriter out;
  private final boolean terminal;
  private @Nullable ProgressBar bar;
  private double loss = Double.NaN;
  private double lastLine;

  /** Makes a display that writes lines to {@code out} where the error stream is no terminal. */
  public ProgressDisplay(PrintWriter out) {
    this(out, isTerminal());
  }

  ProgressDisplay(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Returns whether the error stream is shown to a person as it comes. */
  static boolean isTerminal() {
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
    lastLine = 0;
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("training")
              .setInitialMax(progress.totalImages())
              .startsFrom(progress.images(), java.time.Duration.ZERO)
              .setStyle(ProgressBarStyle.ASCII)
              .setUnit(" images", 1)
              .setUpdateIntervalMillis(500)
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .build();
    }
  }

  @Override
  public void onBatch(Progress progress) {
    loss = Double.isNaN(loss) ? progress.loss() : loss + SMOOTHING * (progress.loss() - loss);
    if (bar != null) {
      bar.setExtraMessage(
          String.format(Locale.ROOT, " %,.0f/s loss %.3f", progress.imagesPerSecond(), loss));
      bar.stepTo(progress.images());
    } else if (progress.seconds() - lastLine >= LINE_SECONDS) {
      lastLine = progress.seconds();
      out.println(line(progress));
      out.flush();
    }
  }

  @Override
  public void onEnd(Progress progress, Outcome outcome) {
    close();
    if (progress.imagesHere() > 0) {
      out.println(line(progress));
      out.flush();
    }
  }

  /** Returns a line of figures. */
  String line(Progress progress) {
    long left = progress.totalImages() - progress.images();
    double rate = progress.imagesPerSecond();
    return String.format(
        Locale.ROOT,
        "%,d of %,d images (%.0f %%)  %,.0f images/s  loss %.3f  lr %.4g  waited for data %.0f %%"
            + "  %s left",
        progress.images(),
        progress.totalImages(),
        100.0 * progress.images() / progress.totalImages(),
        rate,
        loss,
        progress.learningRate(),
        100 * progress.waitedShare(),
        rate > 0 ? duration(left / rate) : "?");
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
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
