package org.octothorpe.cli.duplicates;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.model.ModelFile;
import org.octothorpe.cli.model.ReadingOptions;
import org.octothorpe.cli.report.StageDisplay;
import org.octothorpe.data.Samples;
import org.octothorpe.data.duplicates.Contamination;
import org.octothorpe.data.duplicates.DuplicateGroups;
import org.octothorpe.data.duplicates.DuplicateSearch;
import org.octothorpe.data.duplicates.NamedSamples;
import org.octothorpe.data.duplicates.Pair;
import org.octothorpe.data.duplicates.PairSource;
import org.octothorpe.data.duplicates.PlantedDuplicates;
import org.octothorpe.data.duplicates.PlantedResult;
import org.octothorpe.data.duplicates.SearchSet;
import org.octothorpe.models.Network;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that finds duplicates between training and evaluation images, or within training. */
@Command(
    name = "dedup",
    description = {
      "Finds the evaluation images that are in the training set too, or the images that are in it"
          + " twice: equal files, and the same picture at another quality, size, crop or brightness,"
          + " mirrored or not.",
      "Files, perceptual hashes, shapes and colors and, with --checkpoint, a network's regional"
          + " features (R-MAC) propose pairs; the correlation of their aligned pixels decides. The"
          + " threshold is the lowest that has no false pair among duplicates planted in the"
          + " training images; a table shows what it finds."
    },
    footer = {
      "  octothorpe dedup --train 'shards/train-*.tar' --against 'test-*.tar' --out dedup",
      "      writes pairs.csv, pairs.png and contamination.json, which eval and probe take",
      "  octothorpe dedup --train 'train-*.tar' --against test --checkpoint run/latest --out dedup",
      "      with the features of a trained network",
      "  octothorpe dedup --train 'train-*.tar' --within --threshold 0.8 --out dedup",
      "      duplicates within the training set: drop.txt lists all but the best of each group"
    })
public final class DedupCommand implements Callable<Integer> {
  @Option(
      names = "--train",
      required = true,
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "Images to search in: tar shards, globs of them, or folders.")
  private List<String> train = List.of();

  @Option(
      names = "--against",
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "Evaluation images whose duplicates are searched.")
  private List<String> against = List.of();

  @Option(names = "--within", description = "Search duplicates within the training images.")
  private boolean within;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder for what is found; files of an earlier search in it are replaced.")
  private Path out = Path.of("dedup");

  @Option(
      names = "--checkpoint",
      paramLabel = "PATH",
      description = "A network whose features propose pairs too: a run's folder or a file.")
  private @Nullable Path checkpoint;

  @Option(
      names = "--k",
      paramLabel = "N",
      description = "Neighbors of each image that a pass proposes. Default: 21.")
  private int k = DuplicateSearch.DEFAULT_K;

  @Option(
      names = "--threshold",
      paramLabel = "T",
      description =
          "Score in [0.5,1] from which on a pair counts, or auto (the default): chosen by planted"
              + " duplicates.")
  private String threshold = "auto";

  @Option(
      names = "--precision",
      paramLabel = "P",
      description =
          "Share of the pairs found among planted duplicates that must be right, in (0,1]. Default:"
              + " 1, no false pair.")
  private double precision = 1;

  @Option(
      names = "--planted",
      paramLabel = "N",
      description =
          "Training images to plant duplicates of, six each. Default: 200; none with a --threshold"
              + " of your own.")
  private @Nullable Integer planted;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the planted duplicates. Default: 1.")
  private long seed = 1;

  @Option(
      names = "--exact-limit",
      paramLabel = "N",
      description =
          "Training images up to which every pair is compared; above it a graph of neighbors is"
              + " searched, and the share that it finds printed. Default: 200000.")
  private int exactLimit = DuplicateSearch.DEFAULT_EXACT_LIMIT;

  @Mixin private ReadingOptions reading = new ReadingOptions();

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    check();
    Path folder = out;
    Samples training = reading.samples(spec, train);
    Samples evaluation = within ? training : reading.samples(spec, against);
    NamedSamples.index(
        evaluation); // what is found is named: before the search, which may take hours
    Path file = checkpoint;
    ModelFile network = file == null ? null : reading.model(spec, file);
    Files.createDirectories(folder);
    if (!Files.isWritable(folder)) {
      throw new CommandFailure("--out is " + folder + ", but must be a folder that can be written");
    }
    try (Device opened = reading.device().open(spec)) {
      if (network == null) {
        print("no --checkpoint: shape and color propose pairs, no network does");
        search(opened, training, evaluation, null, folder);
      } else {
        try (Network on = network.on(opened)) {
          SearchSet.Describer describer =
              new SearchSet.Describer(
                  on, reading.device().dtype(), network.imageSize(), reading.batch());
          search(opened, training, evaluation, describer, folder);
        }
      }
    }
    reading.conclude(spec, training);
    if (!within) {
      reading.conclude(spec, evaluation);
    }
    return 0;
  }

  private void search(
      Device opened,
      Samples training,
      Samples evaluation,
      SearchSet.@Nullable Describer describer,
      Path folder)
      throws IOException {
    StageDisplay display = new StageDisplay(spec.commandLine().getErr());
    SearchSet searched = read(display, "training images", training, describer, within);
    if (searched.prints().plain() > 0) {
      print(
          "%,d of %,d training images are plain areas, which only equal bytes can match",
          searched.prints().plain(), training.size());
    }
    DuplicateSearch search = new DuplicateSearch(opened, searched, k, exactLimit);
    search
        .graphRecall()
        .forEach(
            (pass, share) ->
                print(
                    "%s: a graph of neighbors is searched; it finds %.2f %% of the nearest",
                    pass, 100 * share));
    double limit = threshold(display, search, describer);
    List<Pair> pairs;
    if (within) {
      pairs = search.within(display.stage("comparing", training.size()));
    } else {
      SearchSet queries = read(display, "evaluation images", evaluation, describer, true);
      pairs = search.of(queries, display.stage("comparing", evaluation.size()));
    }
    PairFiles files = new PairFiles(evaluation, training, pairs, limit);
    files.writeTable(
        folder.resolve("pairs.csv"),
        within ? "second" : "evaluation",
        within ? "first" : "training");
    files.writeSheet(folder.resolve("pairs.png"));
    print(counts(files.accepted()));
    if (within) {
      DuplicateGroups groups = DuplicateGroups.of(searched.prints(), pairs, limit);
      groups.writeDropList(searched.prints(), folder.resolve("drop.txt"));
      print(
          "%,d groups of duplicates; %,d of %,d images to drop: %s",
          groups.groups().size(),
          groups.dropped().size(),
          training.size(),
          folder.resolve("drop.txt"));
    } else {
      Contamination found =
          Contamination.of(
              evaluation,
              training,
              pairs,
              limit,
              k,
              checkpoint == null ? null : checkpoint.toString());
      found.write(folder.resolve("contamination.json"));
      int count = found.contaminated().size();
      print(
          "%,d of %,d evaluation images (%.2f %%) are in the training set: %s",
          count,
          evaluation.size(),
          100.0 * count / evaluation.size(),
          folder.resolve("contamination.json"));
    }
  }

  private SearchSet read(
      StageDisplay display,
      String what,
      Samples samples,
      SearchSet.@Nullable Describer describer,
      boolean queried) {
    Function<String, LongConsumer> stages =
        task -> display.stage(task + " " + what, samples.size());
    return queried
        ? SearchSet.queried(samples, describer, reading.loaderThreads(), stages)
        : SearchSet.searched(samples, describer, reading.loaderThreads(), stages);
  }

  /** Returns the threshold given, or the one that planted duplicates choose. */
  private double threshold(
      StageDisplay display, DuplicateSearch search, SearchSet.@Nullable Describer describer)
      throws IOException {
    boolean auto = threshold.equals("auto");
    Integer given = planted;
    int images = given != null ? given : auto ? 200 : 0;
    if (images == 0) {
      return parsedThreshold();
    }
    Path file = Files.createTempFile("octothorpe-planted", ".jpegs");
    file.toFile().deleteOnExit(); // after Ctrl-C too
    PlantedResult result;
    try {
      PlantedDuplicates copies =
          PlantedDuplicates.of(search.searched().samples(), images, seed, file);
      SearchSet queries = read(display, "planted duplicates", copies.samples(), describer, true);
      result =
          PlantedResult.measure(
              search,
              copies,
              queries,
              display.stage("searching planted duplicates", copies.samples().size()));
    } finally {
      Files.deleteIfExists(file);
    }
    double chosen = auto ? result.threshold(precision) : parsedThreshold();
    PlantedTable.of(result, chosen).print(spec.commandLine().getOut());
    print(
        "threshold %.2f: %s%s",
        chosen,
        auto
            ? String.format(Locale.ROOT, "the lowest with a precision of %s", precision)
            : "as given",
        result.real() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "; left aside: %,d pairs of training images that score %.2f or more themselves",
                result.real(),
                PlantedResult.REAL));
    return chosen;
  }

  private String counts(List<Pair> accepted) {
    String passes =
        Arrays.stream(PairSource.values())
            .map(pass -> pass + " " + accepted.stream().filter(p -> p.pass() == pass).count())
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%,d pairs, by what proposed them first: %s; %,d mirrored",
        accepted.size(),
        passes,
        accepted.stream().filter(Pair::mirrored).count());
  }

  private void print(String format, Object... values) {
    PrintWriter printer = spec.commandLine().getOut();
    printer.println(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    printer.flush();
  }

  private double parsedThreshold() {
    return Double.parseDouble(threshold);
  }

  private void check() {
    if (within != against.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "give one of --against SOURCE and --within");
    }
    reading.check(spec);
    if (checkpoint == null && spec.commandLine().getParseResult().hasMatchedOption("--model")) {
      throw new ParameterException(
          spec.commandLine(), "--model says what --checkpoint holds, which is missing");
    }
    if (checkpoint == null && spec.commandLine().getParseResult().hasMatchedOption("--weights")) {
      throw new ParameterException(
          spec.commandLine(), "--weights names a part of --checkpoint, which is missing");
    }
    require(k >= 1 && k <= 1000, "--k", k, "in [1,1000]");
    require(precision > 0 && precision <= 1, "--precision", precision, "in (0,1]");
    require(exactLimit >= 1, "--exact-limit", exactLimit, ">= 1");
    boolean auto = threshold.equals("auto");
    require(
        auto || threshold.matches("0\\.[5-9]\\d*|1(\\.0*)?"),
        "--threshold",
        threshold,
        "auto or in [0.5,1]");
    Integer images = planted;
    require(
        images == null || (images >= (auto ? 1 : 0) && images <= 100_000),
        "--planted",
        String.valueOf(images),
        auto ? "in [1,100000]" : "in [0,100000]");
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new CommandFailure("--out is " + out + ", which is a file; it must be a folder");
    }
  }

  private void require(boolean holds, String option, Object value, String rule) {
    ReadingOptions.require(spec, holds, option, value, rule);
  }
}
