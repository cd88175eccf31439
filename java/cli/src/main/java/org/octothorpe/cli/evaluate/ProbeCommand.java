package org.octothorpe.cli.evaluate;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.model.ModelFile;
import org.octothorpe.cli.model.ReadingOptions;
import org.octothorpe.cli.report.Table;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.eval.Accuracy;
import org.octothorpe.eval.LogisticRegression;
import org.octothorpe.models.Network;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that fits a linear classifier to a network's frozen features. */
@Command(
    name = "probe",
    description = {
      "Measures what a network has learned: fits a linear classifier to its frozen features and"
          + " prints top-1 and top-5 accuracy on other images.",
      "Both sets carry classes: WebDataset shards of NAME.jpg and NAME.cls. The classifier"
          + " minimises mean cross-entropy + l2/2 |W|^2 over features of mean 0 and deviation 1."
    },
    footer = {
      "  octothorpe probe --checkpoint run/latest --train 'probe-*.tar' --test 'test-*.tar'",
      "      full-batch logistic regression, its penalty chosen on a held-out fifth",
      "  octothorpe probe --checkpoint run --train 'probe-*.tar' --test 'test-*.tar' --untrained",
      "      beside it the same network untrained, and chance",
      "  octothorpe probe --checkpoint run --train 'probe-*.tar' --test 'test-*.tar' --contamination"
          + " dedup/contamination.json",
      "      beside it a lower bound: the images that pretraining has seen count as wrong",
      "  octothorpe probe --checkpoint ig.pth --model resnext101_32x8d --train a --test b --solver"
          + " sgd",
      "      public weights, and a classifier by gradient descent for more images than fit at once"
    })
public final class ProbeCommand implements Callable<Integer> {
  /** How a classifier is fitted. */
  enum Fit {
    LBFGS,
    SGD
  }

  @Mixin EvaluationOptions options = new EvaluationOptions();

  @Option(
      names = "--train",
      required = true,
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "Images to fit to: tar shards, globs of them, or folders.")
  private List<String> train = List.of();

  @Option(
      names = "--test",
      required = true,
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "Images to measure on.")
  private List<String> test = List.of();

  @Option(
      names = "--solver",
      paramLabel = "S",
      description = "lbfgs (all images at once; the default) or sgd.")
  private Fit fit = Fit.LBFGS;

  @Option(
      names = "--l2",
      paramLabel = "L",
      description =
          "The penalty, >= 0. Default: of 0.001, 0.01, 0.1, 1 and 10 the one that is best on a held-out"
              + " fifth of the images to fit; 0.1 for sgd.")
  private @Nullable Double l2;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "Iterations of lbfgs at most (default 500), or epochs of sgd (default 100).")
  private @Nullable Integer iterations;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate of sgd at the start, > 0. Default: 0.01.")
  private double learningRate = 0.01;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the order of sgd, and of the untrained network. Default: 1.")
  private long seed = 1;

  @Option(
      names = "--untrained",
      description = "Measure the same network with fresh parameters too.")
  private boolean untrained;

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    check();
    PrintWriter out = spec.commandLine().getOut();
    ModelFile file = options.model(spec);
    Samples trainSamples = options.reading.samples(spec, train);
    Samples testSamples = options.reading.samples(spec, test);
    Set<Sample> contaminated = options.contaminated(testSamples);
    Predicate<Sample> seen = contaminated == null ? sample -> false : contaminated::contains;
    Dataset trainSet = Dataset.ofClasses(trainSamples);
    int classes = trainSet.classes();
    Dataset testSet = testSet(testSamples, classes);
    LinearProbe probe =
        new LinearProbe(trainSet, testSet, data -> options.reading.loading(data, file.imageSize()));
    Table table =
        contaminated == null
            ? new Table().row("linear probe", "top-1", "top-5")
            : new Table().row("linear probe", "top-1", "top-5", "lower bound", "of top-5");
    try (Device device = options.reading.device().open(spec)) {
      try (Network network = file.on(device)) {
        add(
            table,
            "trained",
            probe.measure(network, options.reading.device().dtype(), solver(), seen),
            contaminated != null);
      }
      if (untrained) {
        try (Network network = file.architecture().on(device).initialize(seed)) {
          add(
              table,
              "untrained",
              probe.measure(network, options.reading.device().dtype(), solver(), seen),
              false);
        }
      }
    }
    table.row("chance", percent(1.0 / classes), percent(Math.min(1, 5.0 / classes)));
    out.printf(
        Locale.ROOT,
        "%,d features at %d pixels; %,d images to fit, %,d to test, %d classes%n",
        file.architecture().features(),
        file.imageSize(),
        trainSet.size(),
        testSet.size(),
        classes);
    if (contaminated != null) {
      out.println(EvaluationOptions.contaminatedLine(contaminated.size(), testSet.size()));
    }
    table.print(out);
    options.reading.conclude(spec, trainSamples);
    options.reading.conclude(spec, testSamples);
    return 0;
  }

  /** A class that no image to fit has would always be wrong: a mistake in the data. */
  private static Dataset testSet(Samples samples, int classes) {
    try {
      return samples.classes(classes);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          e.getMessage() + "; the classes of --train are 0 to " + (classes - 1), e);
    }
  }

  private void check() {
    options.reading.check(spec);
    if (fit != Fit.SGD && spec.commandLine().getParseResult().hasMatchedOption("--lr")) {
      throw new ParameterException(
          spec.commandLine(),
          "--lr is " + learningRate + ", but only --solver sgd has a learning rate");
    }
    Double penalty = l2;
    if (penalty != null) {
      ReadingOptions.require(
          spec, penalty >= 0 && Double.isFinite(penalty), "--l2", penalty, "finite and >= 0");
    }
    ReadingOptions.require(
        spec,
        learningRate > 0 && Double.isFinite(learningRate),
        "--lr",
        learningRate,
        "finite and > 0");
    Integer given = iterations;
    if (given != null) {
      ReadingOptions.require(spec, given >= 1, "--iterations", given, ">= 1");
    }
  }

  private LinearProbe.Solver solver() {
    Integer given = iterations;
    Double penalty = l2;
    double fixed = penalty != null ? penalty : LogisticRegression.DEFAULT_L2;
    return switch (fit) {
      case LBFGS ->
          penalty != null
              ? LinearProbe.Solver.logistic(fixed, given != null ? given : 500)
              : LinearProbe.Solver.logistic(given != null ? given : 500);
      case SGD ->
          LinearProbe.Solver.sgd(fixed, learningRate, given != null ? given : 100, 256, seed);
    };
  }

  // An untrained network has seen nothing: it has no lower bound.
  private static void add(
      Table table, String name, LinearProbe.Measured measured, boolean withBound) {
    Accuracy accuracy = measured.accuracy();
    Accuracy bound = measured.lowerBound();
    if (withBound) {
      table.row(
          name,
          percent(accuracy.top(1)),
          percent(accuracy.top(5)),
          percent(bound.top(1)),
          percent(bound.top(5)));
    } else {
      table.row(name, percent(accuracy.top(1)), percent(accuracy.top(5)));
    }
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }
}
