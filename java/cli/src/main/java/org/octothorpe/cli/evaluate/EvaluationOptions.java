package org.octothorpe.cli.evaluate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.model.ModelFile;
import org.octothorpe.cli.model.ReadingOptions;
import org.octothorpe.data.Samples;
import org.octothorpe.data.duplicates.Contamination;
import org.octothorpe.data.samples.Sample;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

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
      names = "--contamination",
      paramLabel = "FILE",
      description = {
        "What dedup --against found in the images to measure on: prints a lower bound beside the"
            + " accuracy, contaminated images counted as wrong."
      })
  private @Nullable Path contamination;

  @Mixin ReadingOptions reading = new ReadingOptions();

  ModelFile model(CommandSpec spec) throws IOException {
    return reading.model(spec, checkpoint);
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
}
