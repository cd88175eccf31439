package org.octothorpe.cli.evaluate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.cli.DeviceChoice;
import org.octothorpe.cli.report.BadReport;
import org.octothorpe.data.BadSamples;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.LoaderOptions;
import org.octothorpe.data.Sample;
import org.octothorpe.data.Samples;
import org.octothorpe.data.duplicates.Contamination;
import org.octothorpe.models.ResNeXt;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of the verbs that measure a network. */
final class EvaluationOptions {
  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "PATH",
      description = {
        "A run's folder, a checkpoint in it ('run/latest'), or a .safetensors or PyTorch file."
      })
  private Path checkpoint = Path.of("run");

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Architecture of a file that does not say its own, as resnext101_32x8d.")
  private @Nullable String model;

  @Option(
      names = "--image-size",
      paramLabel = "PX",
      description = "Rows and columns of the images. Default: as in training.")
  private int imageSize;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images at once; no result depends on it but for rounding. Default: 64.")
  private int batch = 64;

  @Option(
      names = "--loader-threads",
      paramLabel = "N",
      description = "Threads that read and decode. Default: one a processor.")
  private int loaderThreads;

  @Option(
      names = "--max-bad",
      paramLabel = "SHARE",
      description =
          "Share of the images that may be unusable, in [0,1]. Default: 0.001. One is always"
              + " allowed, unless it is 0.")
  private double maxBad = BadSamples.DEFAULT_MAX_FRACTION;

  @Option(
      names = "--contamination",
      paramLabel = "FILE",
      description = {
        "What dedup --against found in the images to measure on: prints a lower bound beside the"
            + " accuracy, contaminated images counted as wrong."
      })
  private @Nullable Path contamination;

  @Mixin DeviceChoice device = new DeviceChoice();

  /** Refuses impossible values. */
  void check(CommandSpec spec) {
    require(spec, imageSize >= 0 && imageSize <= 4096, "--image-size", imageSize, "in [1,4096]");
    require(spec, batch >= 1 && batch <= 65536, "--batch", batch, "in [1,65536]");
    require(
        spec,
        loaderThreads >= 0 && loaderThreads <= 256,
        "--loader-threads",
        loaderThreads,
        "in [1,256]");
    require(spec, maxBad >= 0 && maxBad <= 1, "--max-bad", maxBad, "in [0,1]");
  }

  static void require(CommandSpec spec, boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ", but must be " + rule);
    }
  }

  ModelFile model(CommandSpec spec) throws IOException {
    String name = model;
    if (name != null) {
      try {
        ResNeXt.of(name, 1);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      }
    }
    return ModelFile.read(checkpoint, model, imageSize);
  }

  Samples samples(CommandSpec spec, List<String> sources) throws IOException {
    return Samples.open(
        sources, new BadSamples(maxBad, new BadReport(spec.commandLine().getErr(), null)));
  }

  /**
   * Returns the contaminated ones of the images to measure on; null without --contamination.
   *
   * @throws CommandFailure if the file is unsound or of other images
   */
  @Nullable Set<Sample> contaminated(Samples measured) throws IOException {
    Path file = contamination;
    if (file == null) {
      return null;
    }
    try {
      return Contamination.read(file).in(file, measured);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns the line that says how many of the images measured are contaminated. */
  static String contaminatedLine(long contaminated, long images) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d images (%.2f %%) were seen in training; the lower bound counts them as wrong",
        contaminated,
        images,
        100.0 * contaminated / images);
  }

  /** Prints what could not be used of some images, now that all were read. */
  void conclude(CommandSpec spec, Samples samples) throws IOException {
    new BadReport(spec.commandLine().getErr(), null).conclude(samples.bad());
  }

  LoaderOptions loading(Dataset data, int size) {
    LoaderOptions options = data.batches(Math.min(batch, data.size())).imageSize(size);
    return loaderThreads > 0 ? options.threads(loaderThreads) : options;
  }
}
