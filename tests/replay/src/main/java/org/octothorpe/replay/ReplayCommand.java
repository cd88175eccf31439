package org.octothorpe.replay;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.octothorpe.Device;
import org.octothorpe.OctothorpeException;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.common.DeviceChoice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The verb, of developers, that runs reference cases through the library. */
@Command(
    name = "replay",
    description = {
      "Runs reference cases, computed elsewhere, and compares every tensor.",
      "A case is a JSON file of parameters beside a safetensors file of inputs and results. One"
          + " line per tensor: case, tensor, relative L2 error, largest absolute error, tolerance,"
          + " verdict. A case that cannot be run is a failure."
    },
    footer = {
      "  octothorpe replay cases",
      "      every case of the folder 'cases' in f32 on the processor",
      "  octothorpe replay cases --dtype bf16",
      "      the same with bf16 activations and weights, within wider tolerances",
      "  octothorpe replay cases/conv_3x3.json --device emulated",
      "      one case, through the CUDA kernels, run on the processor under a checker"
    })
public final class ReplayCommand implements Callable<Integer> {
  private static final Map<String, Replayer> KINDS =
      new TreeMap<>(
          Map.of(
              "grouped_conv2d", new ConvReplay(),
              "softmax_ce_multilabel", new SoftmaxReplay(),
              "batch_norm2d", new BatchNormReplay(),
              "max_pool2d", new MaxPoolReplay(),
              "sgd", new SgdReplay(),
              "net_inputs", new NetInputsReplay(),
              "net_train", new NetTrainReplay()));

  @Parameters(paramLabel = "PATH", description = "A folder of cases, or one case's JSON file.")
  private Path path = Path.of(".");

  @Mixin DeviceChoice choice = new DeviceChoice();

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    List<Path> files = files(path);
    int tensors = 0;
    int failures = 0;
    Precision precision = Precision.of(choice.dtype());
    out.println(Comparison.header());
    try (Device device = choice.open(spec)) {
      for (Path file : files) {
        try {
          GoldenCase golden = GoldenCase.read(file);
          for (Comparison comparison : run(device, precision, golden)) {
            out.println(comparison.line(golden.name()));
            tensors++;
            failures += comparison.pass() ? 0 : 1;
          }
        } catch (IOException
            | UncheckedIOException
            | IllegalArgumentException
            | IllegalStateException
            | OctothorpeException e) {
          out.printf(Locale.ROOT, "%-34s FAIL: %s%n", GoldenCase.stem(file), e.getMessage());
          failures++;
        }
        out.flush();
      }
    }
    out.printf(
        Locale.ROOT,
        "%d %s, %d %s compared, %s in %s on %s%n",
        files.size(),
        files.size() == 1 ? "case" : "cases",
        tensors,
        tensors == 1 ? "tensor" : "tensors",
        failures == 0 ? "all pass" : failures + " FAILED",
        choice.dtype().toString().toLowerCase(Locale.ROOT),
        choice.device());
    out.flush();
    return failures == 0 ? 0 : 1;
  }

  private static List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    Replayer replayer = KINDS.get(golden.kind());
    if (replayer == null) {
      throw new IllegalArgumentException(
          "kind is '" + golden.kind() + "', but must be one of " + KINDS.keySet());
    }
    return replayer.run(device, precision, golden);
  }

  private static List<Path> files(Path path) throws IOException {
    if (Files.isRegularFile(path) && path.toString().endsWith(".json")) {
      return List.of(path);
    }
    if (!Files.isDirectory(path)) {
      throw new CommandFailure(path + " is neither a folder nor a .json file");
    }
    List<Path> files = new ArrayList<>();
    try (Stream<Path> list = Files.list(path)) {
      for (Path file : list.sorted().toList()) {
        boolean candidate = file.toString().endsWith(".json");
        // Beside the cases lie other JSON files, such as lists of keys: those have no "kind" and no
        // tensors.
        if (candidate && (hasTensors(file) || GoldenCase.isCase(file))) {
          files.add(file);
        }
      }
    }
    if (files.isEmpty()) {
      throw new CommandFailure(path + " has no case: no .json file with a \"kind\"");
    }
    return files;
  }

  private static boolean hasTensors(Path json) {
    return Files.exists(json.resolveSibling(GoldenCase.stem(json) + ".safetensors"));
  }
}
