package org.octothorpe.cli.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.common.FloatType;
import org.octothorpe.cli.common.KernelThreads;
import org.octothorpe.cli.evaluate.LinearProbe;
import org.octothorpe.cli.evaluate.TagSheet;
import org.octothorpe.cli.report.Table;
import org.octothorpe.cli.train.RunFiles;
import org.octothorpe.cli.train.TrainOptions;
import org.octothorpe.cli.train.TrainRun;
import org.octothorpe.cli.train.TrainSettings;
import org.octothorpe.cli.world.World;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.inference.NetworkOutputs;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.eval.Accuracy;
import org.octothorpe.io.Checkpoint;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that shows the whole job on a world that it draws itself. */
@Command(
    name = "demo",
    description = {
      "Shows the whole job in a few minutes, without any data:",
      "draws a small world of hashtagged JPEG images, pretrains a ResNeXt to predict the hashtags,",
      "then fits a linear classifier to its frozen features, and to those of the same network"
          + " untrained."
    },
    footer = {
      "  octothorpe demo",
      "      into the folder demo (or demo-2, demo-3, ... if it exists): shards, run, loss plot,"
          + " contact sheet",
      "  octothorpe demo --images 400000 --dtype bf16 --out long",
      "      a longer pretraining, in BF16"
    })
public final class DemoCommand implements Callable<Integer> {
  private static final String MODEL = "resnext14_8x8d_w32";
  private static final int IMAGE_SIZE = 32;
  private static final int TRAIN = 20_000;
  private static final int PROBE = 2_000;
  private static final int TEST = 2_000;
  private static final int BATCH = 64;
  private static final int TAGS = 60;
  private static final double PROBE_L2 = 0.1;
  private static final int PROBE_ITERATIONS = 200;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for everything; must not be there (default: demo, demo-2, ...).")
  private @Nullable Path out;

  @Option(names = "--images", paramLabel = "N", description = "Images to process (default 120000).")
  private long images = 120_000;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Fixes the world and the training (default 1).")
  private long seed = 1;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = FloatType.class,
      description = "Type of activations and weights: f32 (default) or bf16.")
  private DType dtype = DType.F32;

  @Option(names = "--threads", paramLabel = "N", description = KernelThreads.DESCRIPTION)
  private int threads;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    if (images < BATCH) {
      throw new ParameterException(
          spec.commandLine(), "--images is " + images + ", but must be >= " + BATCH);
    }
    threads = KernelThreads.of(spec, threads);
    PrintWriter output = spec.commandLine().getOut();
    Path folder = folder();
    Path world = folder.resolve("world");
    say(output, "1. Drawing %,d hashtagged images into %s", TRAIN + PROBE + 2 * TEST, world);
    new World(seed, IMAGE_SIZE, TRAIN, PROBE, TEST)
        .write(world, Runtime.getRuntime().availableProcessors());
    Path run = folder.resolve("run");
    say(output, "2. Pretraining %s on their hashtags, %,d images", MODEL, images);
    TrainRun.Result result =
        TrainRun.start(
            settings(world),
            run,
            new TrainRun.Threads(threads, 0),
            new TrainRun.Display(output, false, false));
    if (!result.finished()) {
      throw new CommandFailure(
          "the pretraining was stopped; octothorpe train --resume --out " + run + " continues it");
    }
    say(output, "3. Fitting linear classifiers to frozen features");
    report(output, folder, world, run, result);
    return 0;
  }

  private void report(PrintWriter output, Path folder, Path world, Path run, TrainRun.Result result)
      throws IOException {
    Samples probeSamples = Samples.open(world.resolve("probe-*.tar").toString());
    Samples testSamples = Samples.open(world.resolve("test-*.tar").toString());
    Dataset test = testSamples.classes(World.classes());
    LinearProbe probe =
        new LinearProbe(
            probeSamples.classes(World.classes()),
            test,
            data -> LoaderOptions.of(data, BATCH).withImageSize(IMAGE_SIZE).forEvaluation());
    LinearProbe.Solver solver = LinearProbe.Solver.logistic(PROBE_L2, PROBE_ITERATIONS);
    Vocabulary vocabulary = Vocabulary.readExactly(run.resolve(RunFiles.VOCABULARY));
    ResNeXt architecture = ResNeXt.of(MODEL, vocabulary.size()).withStem(Stem.SMALL);
    Accuracy untrained;
    Accuracy pretrained;
    Path sheet = folder.resolve("contact-sheet.png");
    try (Device device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(threads));
        Network network = architecture.on(device).initialize(seed)) {
      untrained = probe.measure(network, dtype, solver);
      network.load(Checkpoint.read(run));
      pretrained = probe.measure(network, dtype, solver);
      Dataset tagged = Samples.open(world.resolve("unseen-*.tar").toString()).labeled(vocabulary);
      NetworkOutputs logits =
          NetworkOutputs.logits(
              network,
              dtype,
              LoaderOptions.of(tagged, BATCH).withImageSize(IMAGE_SIZE).forEvaluation());
      TagSheet.write(
          sheet, "Images that the network has never seen", tagged, logits, vocabulary.tags());
    }
    Table table =
        new Table()
            .row("", "")
            .row("loss at the start", String.format(Locale.ROOT, "%.3f", result.lossAtStart()))
            .row("loss at the end", String.format(Locale.ROOT, "%.3f", result.lossAtEnd()))
            .row("probe top-1, pretrained", percent(pretrained.top(1)))
            .row("probe top-1, the same network untrained", percent(untrained.top(1)))
            .row("probe top-1, chance", percent(1.0 / World.classes()));
    table.print(output);
    output.println();
    say(output, "checkpoint     %s", run.resolve(RunFiles.LATEST));
    say(output, "loss plot      %s", run.resolve(RunFiles.LOSS_PLOT));
    say(output, "contact sheet  %s", sheet);
    if (pretrained.top(1) <= untrained.top(1)) {
      throw new CommandFailure(
          "the pretrained network is no better than the untrained one; try more --images");
    }
  }

  private TrainSettings settings(Path world) {
    return new TrainOptions()
        .withData(List.of(world.resolve("train-*.tar").toString()), "top:" + TAGS, images)
        .withModel(MODEL, IMAGE_SIZE)
        .withBatch(BATCH)
        .withDtype(dtype)
        .withSeed(seed)
        .withCheckpointEvery(Math.max(BATCH, images / 4))
        .build();
  }

  /**
   * The folder asked for, or the first of demo, demo-2, ... that does not exist: a demo deletes
   * nothing.
   */
  private Path folder() throws IOException {
    Path wanted = out;
    if (wanted != null) {
      if (Files.exists(wanted)) {
        throw new CommandFailure(
            wanted + " exists; the demo needs a folder of its own, give another --out");
      }
      return Files.createDirectories(wanted);
    }
    Path folder = Path.of("demo");
    for (int i = 2; Files.exists(folder); i++) {
      folder = Path.of("demo-" + i);
    }
    return Files.createDirectories(folder);
  }

  private static void say(PrintWriter output, String format, Object... arguments) {
    output.println(String.format(Locale.ROOT, format, arguments));
    output.flush();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
