package org.octothorpe.cli.train;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.OctothorpeException;
import org.octothorpe.Shape;
import org.octothorpe.Status;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.Machine;
import org.octothorpe.cli.report.BadReport;
import org.octothorpe.cli.report.CsvLog;
import org.octothorpe.cli.report.LossPlot;
import org.octothorpe.cli.report.ProgressDisplay;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.loading.Loader;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.graph.Loss;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.io.RunFolder;
import org.octothorpe.io.TrainingCheckpoint;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.ops.KernelProvider;
import org.octothorpe.ops.Kernels;
import org.octothorpe.train.Listener;
import org.octothorpe.train.NonFiniteLossException;
import org.octothorpe.train.Progress;
import org.octothorpe.train.Schedule;
import org.octothorpe.train.Trainer;
import org.octothorpe.train.TrainingLoop;

/** A training run in its folder, from the beginning or from its latest checkpoint. */
public final class TrainRun {
  private static final int KEPT_CHECKPOINTS = 2;

  private final TrainSettings settings;
  private final RunFolder folder;
  private final Threads threads;
  private final Display display;
  private final RunCommands commands;

  private TrainRun(TrainSettings settings, RunFolder folder, Threads threads, Display display) {
    this.settings = settings;
    this.folder = folder;
    this.threads = threads;
    this.display = display;
    this.commands = new RunCommands(folder.path());
  }

  /**
   * How many threads work; 0 is one per processor.
   *
   * @param kernels CPU threads of the kernels
   * @param loader threads that read and decode
   */
  public record Threads(int kernels, int loader) {}

  /**
   * What is shown.
   *
   * @param out where to
   * @param memoryPlan whether to print the memory plan
   * @param profile whether to print the time of every step of the graph
   */
  public record Display(PrintWriter out, boolean memoryPlan, boolean profile) {}

  /**
   * How a run went.
   *
   * @param finished whether all images were processed
   * @param progress where it ended
   * @param lossAtStart mean loss of the first steps of the run; NaN if its log has none
   * @param lossAtEnd mean loss of the last steps of the run, likewise
   */
  public record Result(boolean finished, Progress progress, double lossAtStart, double lossAtEnd) {}

  /**
   * Starts a run in a folder that has none.
   *
   * @throws CommandFailure if the folder has a run already, or the run fails
   */
  public static Result start(TrainSettings settings, Path out, Threads threads, Display display)
      throws IOException {
    boolean made = !Files.exists(out);
    try (RunFolder folder = RunFolder.open(out)) {
      if (Files.exists(folder.config())) {
        throw new CommandFailure(
            out + " holds a run already; continue it with --resume, or give another --out");
      }
      folder.notes().forEach(display.out::println);
      return new TrainRun(settings, folder, threads, display).run(Optional.empty());
    } catch (IOException | RuntimeException e) {
      if (made && !Files.exists(out.resolve(RunFiles.CONFIG))) {
        AtomicFiles.deleteTree(out);
      }
      throw e;
    }
  }

  /**
   * Resumes the run of a folder.
   *
   * @param change returns the settings to continue with, made of those of the run
   */
  public static Result resume(
      Path out, UnaryOperator<TrainSettings> change, Threads threads, Display display)
      throws IOException {
    if (!Files.exists(out.resolve(RunFiles.CONFIG))) {
      throw new CommandFailure(out + " holds no run to resume: it has no " + RunFiles.CONFIG);
    }
    // The run wrote both before its settings: without them it had not begun.
    for (String part : List.of(RunFiles.CHECKPOINTS, RunFiles.VOCABULARY)) {
      // A copy may have lost the checkpoints but for the one that "latest" had linked to.
      boolean inLatest =
          part.equals(RunFiles.CHECKPOINTS) && Files.isDirectory(out.resolve(RunFiles.LATEST));
      if (!Files.exists(out.resolve(part)) && !inLatest) {
        throw new CommandFailure(
            out.resolve(part)
                + " is missing, so that the run cannot continue; put it back, or give another --out to"
                + " a new run");
      }
    }
    try (RunFolder folder = RunFolder.open(out)) {
      folder.notes().forEach(display.out::println);
      TrainSettings settings = change.apply(TrainSettings.read(folder));
      Optional<TrainingCheckpoint> checkpoint = folder.resume();
      if (checkpoint.isEmpty()) {
        requireNoneWritten(folder, settings);
        display.out.println(
            "The run in "
                + out
                + " was ended before its first checkpoint: it begins again from image 0.");
      } else if (!Files.exists(folder.log())) {
        display.out.println(
            folder.log()
                + " is missing: the log, the plot and the loss at the start begin at image "
                + checkpoint.get().images());
      }
      return new TrainRun(settings, folder, threads, display).run(checkpoint);
    }
  }

  /**
   * Refuses a run that has written a checkpoint that no longer exists. Its log has each step before
   * its checkpoint, so that a step after the one at which the first was due shows that it was
   * written.
   */
  private static void requireNoneWritten(RunFolder folder, TrainSettings settings)
      throws IOException {
    long due = 0;
    if (Files.exists(folder.log())) {
      try (CsvLog log = new CsvLog(folder.log(), Long.MAX_VALUE)) {
        due =
            log.curve().points().stream()
                .filter(point -> point.images() >= settings.checkpointEvery())
                .count();
      }
    }
    Path latest = folder.path().resolve(RunFiles.LATEST);
    if (due > 1 || Files.exists(latest, LinkOption.NOFOLLOW_LINKS)) {
      throw new CommandFailure(
          folder.path().resolve(RunFiles.CHECKPOINTS)
              + " has no checkpoint, but the run had written one; put it back, or give another"
              + " --out to a new run");
    }
  }

  private Result run(Optional<TrainingCheckpoint> checkpoint) throws IOException {
    boolean begun = Files.exists(folder.config());
    BadReport report = new BadReport(display.out, folder.path().resolve(RunFiles.BAD));
    BadSamples bad = new BadSamples(settings.maxBad(), report);
    try {
      RunData data =
          begun ? RunData.reopen(settings, bad, folder, commands) : RunData.open(settings, bad);
      return run(checkpoint, data, begun, () -> report.conclude(bad));
    } catch (BadSamplesException e) {
      throw tooManyBad(e);
    } catch (OctothorpeException e) {
      throw e.status() == Status.OUT_OF_MEMORY ? outOfMemory(e) : e;
    }
  }

  private Result run(
      Optional<TrainingCheckpoint> checkpoint, RunData data, boolean begun, Runnable conclusion)
      throws IOException {
    if (settings.loss() == Loss.SOFTMAX && data.vocabulary().size() < 2) {
      throw new CommandFailure(
          "softmax needs at least 2 tags; the vocabulary has 1 (" + data.vocabulary() + ")");
    }
    ResNeXt architecture =
        ResNeXt.of(settings.model(), data.set().classes()).withStem(settings.stem());
    Schedule schedule = settings.learningRates();
    Shape input = Shape.nhwc(settings.batch(), settings.imageSize(), settings.imageSize(), 3);
    DeviceOptions options = new DeviceOptions(threads.kernels, settings.deterministic());
    try (Device device = Device.open(settings.device(), options);
        Network network = architecture.on(device).initialize(settings.seed());
        Trainer trainer =
            Trainer.of(network, input, settings.dtype(), settings.loss(), settings.sgd())) {
      RunCheckpoints checkpoints =
          new RunCheckpoints(settings, network, trainer, data.set(), data.vocabulary());
      checkpoints.requireRoom(folder.path());
      long start = checkpoint.isEmpty() ? 0 : checkpoints.restore(checkpoint.get(), folder.path());
      // The loader refuses what it cannot do before the folder holds a run.
      try (Loader loader = loader(data.set(), start).open()) {
        record(data, begun);
        introduce(network, data.set(), trainer);
        TrainingLoop loop = new TrainingLoop(trainer, loader, schedule).resumeAt(start);
        TrainingLoop.CheckpointWriter writer =
            (images, step) -> folder.save(checkpoints.take(images, step), KEPT_CHECKPOINTS);
        return run(loop, writer, trainer, start, conclusion);
      }
    }
  }

  /** Writes what makes the folder that of this run; its settings last, for they mark it. */
  private void record(RunData data, boolean begun) throws IOException {
    if (!begun) {
      data.record(folder);
    } else if (!RunData.isRecorded(folder)) {
      display.out.println(
          "WARNING: "
              + folder.path()
              + " does not say which images the run has been trained on, as runs of this version do,"
              + " so that it is unknown whether these are the same; it is recorded now");
      data.recordImages(folder);
    }
    if (!begun || !settings.equals(TrainSettings.read(folder))) {
      folder.writeConfig(settings);
    }
  }

  private CommandFailure tooManyBad(BadSamplesException failure) throws IOException {
    String limit =
        "--max-bad " + new BigDecimal(Double.toString(failure.sufficientLimit())).toPlainString();
    return new CommandFailure(
        failure.getMessage()
            + "\n"
            + (Files.exists(folder.config())
                ? "To continue without them: " + commands.resume(limit)
                : "To leave them out, give " + limit),
        failure);
  }

  private CommandFailure outOfMemory(OctothorpeException failure) {
    return new CommandFailure(
        failure.getMessage()
            + String.format(Locale.ROOT, "; %,d MiB are free", Machine.availableMebibytes())
            + "; it grows with --batch "
            + settings.batch()
            + " and --image-size "
            + settings.imageSize()
            + ": a smaller one needs less",
        failure);
  }

  private Result run(
      TrainingLoop loop,
      TrainingLoop.CheckpointWriter writer,
      Trainer trainer,
      long imagesAtStart,
      Runnable conclusion)
      throws IOException {
    Last last = new Last();
    StopOnExit stop = new StopOnExit(loop);
    try (CsvLog log = new CsvLog(folder.log(), imagesAtStart);
        ProgressDisplay progress = new ProgressDisplay(display.out)) {
      loop.checkpoints(
          (images, step) -> {
            log.flush();
            return writer.write(images, step);
          },
          settings.checkpointEvery());
      progress.whenUnwritable(loop::stop);
      trainer.plan().steps().profile(display.profile);
      Listener.Outcome outcome = loop.listener(log).listener(progress).listener(last).run();
      plot(log, outcome);
      if (display.profile) {
        display.out.print(trainer.plan().steps().timeReport());
      }
      Result result =
          new Result(
              outcome == Listener.Outcome.FINISHED,
              last.progress(),
              log.curve().start(),
              log.curve().end());
      // Before a process that Ctrl-C ends may exit.
      conclusion.run();
      print(result);
      return result;
    } catch (IOException | UncheckedIOException e) {
      throw new CommandFailure(
          e.getMessage()
              + ". "
              + folder
                  .latest()
                  .map(path -> path + " is the latest checkpoint")
                  .orElse("There is no checkpoint yet")
              + "; after fixing this, resume with: "
              + commands.resume(),
          e);
    } catch (NonFiniteLossException e) {
      throw new CommandFailure(
          e.getMessage()
              + ". Last good checkpoint: "
              + folder.latest().map(Path::toString).orElse("none yet"),
          e);
    } finally {
      stop.release();
    }
  }

  private void plot(CsvLog log, Listener.Outcome outcome) throws IOException {
    try {
      LossPlot.write(
          folder.path().resolve(RunFiles.LOSS_PLOT),
          settings.model() + " on " + String.join(" ", settings.data()),
          log.curve());
    } catch (IllegalStateException e) {
      if (outcome != Listener.Outcome.STOPPED) {
        throw e;
      }
      // Java's graphics do not start in a process that is going down; the resumed run plots all.
      return;
    }
  }

  private void print(Result result) {
    Progress progress = result.progress();
    display.out.printf(
        Locale.ROOT,
        "%s after %,d images%s; %.1f images/s, %.1f %% of the time waiting for data%n%s%n",
        result.finished() ? "Finished" : "Stopped",
        progress.images(),
        Double.isNaN(result.lossAtStart())
            ? ""
            : String.format(
                Locale.ROOT,
                ": loss %.4f at the start, %.4f at the end",
                result.lossAtStart(),
                result.lossAtEnd()),
        progress.imagesPerSecond(),
        100 * progress.waitedShare(),
        folder.path().resolve(RunFiles.LATEST));
    display.out.println(
        result.finished()
            ? "measure it with: " + commands.evaluate()
            : "checkpoint written; continue with: " + commands.resume());
    display.out.flush();
  }

  private LoaderOptions loader(Dataset data, long start) {
    LoaderOptions options =
        LoaderOptions.of(data, settings.batch())
            .withImageSize(settings.imageSize())
            .withSeed(settings.seed())
            .withStart(start)
            .withAugmentation(
                settings.augment().equals("padded")
                    ? Augmentation.paddedCrop(4)
                    : Augmentation.randomResizedCrop());
    return threads.loader > 0 ? options.withThreads(threads.loader) : options;
  }

  private void introduce(Network network, Dataset data, Trainer trainer) {
    List<String> kernels =
        Kernels.of(network.device()).providers().stream().map(KernelProvider::name).toList();
    display.out.printf(
        Locale.ROOT,
        "%s, %,d parameters, %,d tags; %,d images (%,d without a tag of the vocabulary left out); %s, arena %.0f MB; kernels: %s%n",
        settings.model(),
        network.parameterCount(),
        data.classes(),
        data.size(),
        data.dropped(),
        network.device(),
        trainer.plan().steps().arenaBytes() / 1e6,
        String.join(", ", kernels));
    if (display.memoryPlan) {
      display.out.print(trainer.plan().steps().memoryReport());
    }
    display.out.flush();
  }

  /** Remembers the progress of the run. */
  private static final class Last implements Listener {
    private Progress progress = new Progress(0, 0, 0, 0, Double.NaN, 0, 0, 0, 0);

    @Override
    public void onStart(Progress now) {
      progress = now;
    }

    @Override
    public void onBatch(Progress now) {
      progress = now;
    }

    Progress progress() {
      return progress;
    }
  }
}
