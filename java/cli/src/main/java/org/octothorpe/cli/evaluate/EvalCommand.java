package org.octothorpe.cli.evaluate;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.model.ModelFile;
import org.octothorpe.cli.report.Table;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.inference.NetworkOutputs;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.eval.Accuracy;
import org.octothorpe.eval.MultiLabelMetrics;
import org.octothorpe.models.Network;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The verb that measures a network's own outputs. */
@Command(
    name = "eval",
    description = {
      "Measures a network's own predictions.",
      "Images with hashtags: precision at 1 and 5 (the share of the most probable tags that an"
          + " image has) and mean average precision over the tags. Images with classes (.cls):"
          + " top-1 and top-5 accuracy."
    },
    footer = {
      "  octothorpe eval --checkpoint run/latest --data 'shards/held-out-*.tar'",
      "      images that carry tags of the vocabulary that the network was trained on",
      "  octothorpe eval --checkpoint run --data 'held-out-*.tar' --sheet sheet.png",
      "      beside it a picture of some of them with their true and predicted tags",
      "  octothorpe eval --checkpoint run --data 'held-out-*.tar' --contamination"
          + " dedup/contamination.json",
      "      beside it a lower bound: the images that training has seen count as wrong",
      "  octothorpe eval --checkpoint resnext101.pth --model resnext101_32x8d --data 'val-*.tar'",
      "      public weights on images with classes"
    })
public final class EvalCommand implements Callable<Integer> {
  /** What images are measured by. */
  enum Labels {
    AUTO,
    TAGS,
    CLASSES
  }

  @Mixin EvaluationOptions options = new EvaluationOptions();

  @Option(
      names = "--data",
      required = true,
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "Images: tar shards, globs of them, or folders.")
  private List<String> data = List.of();

  @Option(
      names = "--labels",
      paramLabel = "L",
      description =
          "auto (tags where there are any, else classes if the network has as many outputs; the"
              + " default), tags or classes.")
  private Labels labels = Labels.AUTO;

  @Option(
      names = "--sheet",
      paramLabel = "FILE",
      description = "Write a PNG of 24 images with their true and predicted tags.")
  private @Nullable Path sheet;

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Before the evaluation, which may take hours. */
  private static void checkSheet(Path picture) {
    Path folder = picture.toAbsolutePath().getParent();
    if (Files.isDirectory(picture) || folder == null || !Files.isDirectory(folder)) {
      throw new CommandFailure(
          "--sheet is " + picture + ", but must be a PNG file in a folder that exists");
    }
  }

  @Override
  public Integer call() throws IOException {
    options.reading.check(spec);
    Path wanted = sheet;
    if (wanted != null) {
      checkSheet(wanted);
    }
    ModelFile file = options.model(spec);
    Samples samples = options.reading.samples(spec, data);
    boolean tags = labels == Labels.TAGS || (labels == Labels.AUTO && samples.hasTags());
    Path picture = sheet;
    if (picture != null && !tags) {
      throw new CommandFailure("--sheet shows tags, but the images are measured by their classes");
    }
    Dataset set = tags ? tagged(file, samples) : classified(file, samples);
    Set<Sample> contaminated = options.contaminated(samples);
    NetworkOutputs logits;
    try (Device device = options.reading.device().open(spec);
        Network network = file.on(device)) {
      logits =
          NetworkOutputs.logits(
              network,
              options.reading.device().dtype(),
              options.reading.loading(set, file.imageSize()));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%,d images at %d pixels, %,d outputs%n",
        logits.images(),
        file.imageSize(),
        logits.width());
    if (logits.notFinite() > 0) {
      PrintWriter err = spec.commandLine().getErr();
      err.printf(
          Locale.ROOT,
          "WARNING: the outputs of %,d of %,d images are NaN or infinite: they count as wrong%n",
          logits.notFinite(),
          logits.images());
      err.flush();
    }
    NetworkOutputs clean =
        contaminated == null
            ? null
            : logits.where(index -> !contaminated.contains(set.sample(index)));
    if (clean != null) {
      int seen = logits.images() - clean.images();
      out.println(EvaluationOptions.contaminatedLine(seen, logits.images()));
    }
    (tags ? tagTable(set, logits, clean) : classTable(set, logits, clean)).print(out);
    if (picture != null) {
      TagSheet.write(picture, "Predicted hashtags", set, logits, file.vocabulary());
      out.println(picture);
    }
    out.flush();
    options.reading.conclude(spec, samples);
    return 0;
  }

  /**
   * The images with their classes, where those can be what the network predicts.
   *
   * @throws CommandFailure if its outputs stand for something else: the accuracy would mean nothing
   */
  private Dataset classified(ModelFile file, Samples samples) {
    int outputs = file.architecture().classes();
    if (!file.vocabulary().isEmpty()) {
      throw new CommandFailure(
          "the checkpoint has a vocabulary of "
              + file.vocabulary().size()
              + " tags, these images have classes: use probe");
    }
    Dataset own = Dataset.ofClasses(samples);
    if (labels == Labels.AUTO && own.classes() != outputs) {
      throw new CommandFailure(
          "the network has "
              + outputs
              + " outputs, but the classes of these images are 0 to "
              + (own.classes() - 1)
              + ": use probe, or --labels classes if the outputs are these classes and more");
    }
    return samples.classes(outputs);
  }

  private static Dataset tagged(ModelFile file, Samples samples) {
    if (file.vocabulary().isEmpty()) {
      throw new CommandFailure(
          "the checkpoint does not say its vocabulary, so that tags cannot be measured;"
              + " --labels classes measures classes");
    }
    return samples.labeled(Vocabulary.ofExactly(file.vocabulary()));
  }

  private static Table classTable(
      Dataset set, NetworkOutputs logits, @Nullable NetworkOutputs clean) {
    Accuracy accuracy = accuracy(set, logits);
    Table table = head("accuracy", clean);
    if (clean == null) {
      return table.row("top-1", percent(accuracy.top(1))).row("top-5", percent(accuracy.top(5)));
    }
    Accuracy bound = accuracy(set, clean);
    bound.addWrong(logits.images() - clean.images());
    return table
        .row("top-1", percent(accuracy.top(1)), percent(bound.top(1)))
        .row("top-5", percent(accuracy.top(5)), percent(bound.top(5)));
  }

  private static Accuracy accuracy(Dataset set, NetworkOutputs logits) {
    Accuracy accuracy = new Accuracy(1, 5);
    int[] classes = logits.classes(set);
    for (int i = 0; i < logits.images(); i++) {
      accuracy.add(logits.values(), i * logits.width(), logits.width(), classes[i]);
    }
    return accuracy;
  }

  private static Table head(String what, @Nullable NetworkOutputs clean) {
    return clean == null
        ? new Table().row(what, "value")
        : new Table().row(what, "value", "lower bound");
  }

  private static Table tagTable(
      Dataset set, NetworkOutputs logits, @Nullable NetworkOutputs clean) {
    Table table = head("tags", clean);
    TagLabels labels = new TagLabels(set, logits);
    for (int k : new int[] {1, 5}) {
      if (k <= logits.width()) {
        double precision = labels.precisionAt(k, logits);
        if (clean == null) {
          table.row("precision at " + k, percent(precision));
        } else {
          double right =
              clean.images() == 0
                  ? 0
                  : clean.images() * new TagLabels(set, clean).precisionAt(k, clean);
          table.row("precision at " + k, percent(precision), percent(right / logits.images()));
        }
      }
    }
    // An average over ranks has no images to count as wrong.
    return table.row(
        "mean average precision",
        percent(
            MultiLabelMetrics.meanAveragePrecision(
                logits.values(), logits.width(), labels.offsets, labels.ids)));
  }

  /** The true tags of images, one after the other; those of image i start at offset i. */
  private static final class TagLabels {
    private final int[] offsets;
    private final int[] ids;

    TagLabels(Dataset set, NetworkOutputs logits) {
      int images = logits.images();
      offsets = new int[images + 1];
      for (int i = 0; i < images; i++) {
        offsets[i + 1] = offsets[i] + set.labelCount(logits.samples()[i]);
      }
      ids = new int[offsets[images]];
      for (int i = 0; i < images; i++) {
        int[] own = set.labels(logits.samples()[i]);
        System.arraycopy(own, 0, ids, offsets[i], own.length);
      }
    }

    double precisionAt(int k, NetworkOutputs logits) {
      return MultiLabelMetrics.precisionAt(k, logits.values(), logits.width(), offsets, ids);
    }
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }
}
