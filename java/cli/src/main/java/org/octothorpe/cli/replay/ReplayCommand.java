package org.octothorpe.cli.replay;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.cli.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The verb that runs reference values through the library. */
@Command(
    name = "replay",
    description = {
      "Runs every case of a folder of reference values through the library and compares.",
      "A case is NAME.json (parameters, with a \"kind\") and NAME.safetensors (inputs and expected results).",
      "Prints one line a tensor: case, tensor, relative L2 error, largest absolute error, tolerance, pass or fail."
    },
    footer = {
      "  octothorpe replay golden",
      "      every case in F32 on the CPU",
      "  octothorpe replay golden --dtype bf16",
      "      the same in BF16, within tolerances that follow from its 8 bits"
    })
public final class ReplayCommand implements Callable<Integer> {
  private static final Map<String, Replayer> KINDS =
      new TreeMap<>(
          Map.of(
              "grouped_conv2d", new GroupedConvReplayer(),
              "softmax_ce_multilabel", new CrossEntropyReplayer(),
              "batch_norm2d", new BatchNormReplayer(),
              "max_pool2d", new MaxPoolReplayer(),
              "sgd", new SgdReplayer(),
              "net_train", new NetworkReplayer()));
  private static final String INPUTS = "net_inputs";

  @Mixin CommonOptions common = new CommonOptions();

  @Parameters(paramLabel = "DIR", description = "Folder of the cases.")
  private Path folder = Path.of(".");

  @Option(names = "--device", paramLabel = "NAME", description = "Device: cpu (default).")
  private String deviceName = "cpu";

  @Option(names = "--dtype", paramLabel = "TYPE", description = "Type of activations and weights: f32 (default) or bf16.")
  private DType dtype = DType.F32;

  @Option(names = "--threads", paramLabel = "N", description = "CPU threads; 0 (default) is one a processor.")
  private int threads;

  @Option(names = "--deterministic", description = "Use the kernels whose results do not depend on the threads.")
  private boolean deterministic;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    if (dtype != DType.F32 && dtype != DType.BF16) {
      throw new CommandFailure("--dtype is " + dtype + ", but must be f32 or bf16");
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, "%-34s %-38s %10s %10s %10s%n", "case", "tensor", "rel. L2", "largest", "tolerance");
    int passed = 0;
    int failed = 0;
    try (Device device = Device.open(deviceName, new DeviceOptions(threads, deterministic))) {
      for (String name : GoldenCase.names(folder)) {
        for (Comparison comparison : replay(name, device)) {
          out.println(comparison.line(name));
          if (comparison.passed()) {
            passed++;
          } else {
            failed++;
          }
        }
        out.flush();
      }
    }
    out.printf(Locale.ROOT, "%d tensors passed, %d failed (%s, %s)%n", passed, failed, deviceName, dtype);
    out.flush();
    return failed == 0 ? 0 : 1;
  }

  /** One case; what goes wrong with it is a failed line, so that the others still run. */
  private List<Comparison> replay(String name, Device device) {
    try {
      GoldenCase golden = GoldenCase.read(folder, name);
      if (golden.kind().equals(INPUTS)) {
        return List.of();
      }
      Replayer replayer = KINDS.get(golden.kind());
      if (replayer == null) {
        throw new CommandFailure("kind is '" + golden.kind() + "', but must be one of " + KINDS.keySet() + " or " + INPUTS);
      }
      return replayer.replay(golden, device, dtype);
    } catch (IOException | RuntimeException e) {
      return List.of(new Comparison(String.valueOf(e.getMessage()), Double.NaN, Double.NaN, Double.NaN, false));
    }
  }
}
