package org.octothorpe.cli.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.common.DeviceChoice;
import org.octothorpe.cli.report.BadReport;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.models.ResNeXt;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of the verbs that read images through a network that is not trained further. */
public final class ReadingOptions {
  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Architecture of a file that does not say its own, as resnext101_32x8d.")
  private @Nullable String model;

  @Option(
      names = "--image-size",
      paramLabel = "PX",
      description = "Rows and columns of the images. Default: as in training.")
  private @Nullable Integer imageSize;

  @Option(
      names = "--weights",
      paramLabel = "NAME",
      description =
          "Which weights of a file that holds several: the entry, as model_ema, or what the keys"
              + " start with, as teacher. Default: the likeliest, which is said.")
  private @Nullable String weights;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images at once; no result depends on it but for rounding. Default: 64.")
  private int batch = 64;

  @Option(
      names = "--loader-threads",
      paramLabel = "N",
      description = "Threads that read and decode, in [1,256]. Default: one per processor.")
  private int loaderThreads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--max-bad",
      paramLabel = "SHARE",
      description =
          "Share of the images that may be unusable, in [0,1]. Default: 0.001. One is always"
              + " allowed, unless it is 0.")
  private double maxBad = BadSamples.DEFAULT_MAX_FRACTION;

  @Mixin private DeviceChoice device = new DeviceChoice();

  /** Returns where to compute, and in which type. */
  public DeviceChoice device() {
    return device;
  }

  /** Returns the images at once in the network. */
  public int batch() {
    return batch;
  }

  /** Returns the threads that read and decode. */
  public int loaderThreads() {
    return loaderThreads;
  }

  /** Refuses impossible values. */
  public void check(CommandSpec spec) {
    Integer size = imageSize;
    if (size != null) {
      require(spec, size >= 1 && size <= 4096, "--image-size", size, "in [1,4096]");
    }
    require(spec, batch >= 1 && batch <= 65536, "--batch", batch, "in [1,65536]");
    require(
        spec,
        loaderThreads >= 1 && loaderThreads <= 256,
        "--loader-threads",
        loaderThreads,
        "in [1,256]");
    require(spec, maxBad >= 0 && maxBad <= 1, "--max-bad", maxBad, "in [0,1]");
  }

  /**
   * Refuses a value that breaks a rule.
   *
   * @throws ParameterException that names option, value and rule
   */
  public static void require(
      CommandSpec spec, boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ", but must be " + rule);
    }
  }

  /**
   * Reads the network of a checkpoint; says on the error stream how the file was understood, if
   * there is something to say.
   *
   * @throws ParameterException if --model names no architecture
   */
  public ModelFile model(CommandSpec spec, Path checkpoint) throws IOException {
    String name = model;
    if (name != null) {
      try {
        ResNeXt.of(name, 1);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      }
    }
    Integer size = imageSize;
    ModelFile file =
        ModelFile.read(checkpoint, new ModelFile.Request(model, size == null ? 0 : size, weights));
    file.remarks()
        .forEach(remark -> spec.commandLine().getErr().println(checkpoint + ": " + remark));
    spec.commandLine().getErr().flush();
    return file;
  }

  /** Indexes images; what is bad is named on the error stream. */
  public Samples samples(CommandSpec spec, List<String> sources) throws IOException {
    return Samples.open(
        sources, new BadSamples(maxBad, new BadReport(spec.commandLine().getErr(), null)));
  }

  /** Prints what could not be used of some images, now that all were read. */
  public void conclude(CommandSpec spec, Samples samples) throws IOException {
    new BadReport(spec.commandLine().getErr(), null).conclude(samples.bad());
  }

  /** Describes the reading of a data set by these options. */
  public LoaderOptions loading(Dataset data, int size) {
    return LoaderOptions.of(data, Math.min(batch, data.size()))
        .withImageSize(size)
        .withThreads(loaderThreads);
  }
}
