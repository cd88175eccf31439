package org.octothorpe.cli.kernels;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Variant;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.common.DeviceChoice;
import org.octothorpe.cli.common.FloatType;
import org.octothorpe.cli.report.Table;
import org.octothorpe.graph.Graph;
import org.octothorpe.models.ResNeXt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The verb that lists the implementations that a device chooses among. */
@Command(
    name = "kernels",
    description = {
      "Lists the kernels that a device chooses among.",
      "A pass of an operation may have several: which runs depends on the shape, the type and the"
          + " GPU. The first in the list that can run a shape and is meant for it is taken. What is"
          + " not listed has one kernel for every shape."
    },
    footer = {
      "  octothorpe kernels",
      "      those of the CUDA device, as its emulation has them; no GPU needed",
      "  octothorpe kernels grouped_conv linear",
      "      those of two operations",
      "  octothorpe kernels --device cuda:0",
      "      those of the first GPU",
      "  octothorpe kernels --model resnext101_32x8d --device cpu",
      "      who computes its convolutions on the CPU: oneDNN or this library's kernels"
    })
public final class KernelsCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "OPERATION",
      arity = "0..*",
      description = "List these operations only, such as grouped_conv.")
  private List<String> operations = List.of();

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Whose: emulated, cuda:N or cpu. Default: emulated.")
  private String name = "emulated";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Explain the convolutions of this network, named as for train.")
  private String model = "";

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "With --model: images per batch. Default: 8.")
  private int batch = 8;

  @Option(
      names = "--image-size",
      paramLabel = "N",
      description = "With --model: rows and columns of an image. Default: 224.")
  private int imageSize = 224;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = FloatType.class,
      description = "With --model: type of activations and weights, f32 or bf16. Default: bf16.")
  private DType dtype = DType.BF16;

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    DeviceChoice.check(spec, name);
    if (!model.isEmpty()) {
      return explainModel(out);
    }
    try (Device device = Device.open(name)) {
      List<Variant> variants = device.variants();
      if (variants.isEmpty()) {
        out.printf(Locale.ROOT, "the device %s has one kernel for each pass%n", name);
      } else {
        checkOperations(variants);
        Table table = Table.ofWords().row("operation", "pass", "kernel", "for");
        variants.stream()
            .filter(v -> operations.isEmpty() || operations.contains(v.operation()))
            .forEach(v -> table.row(v.operation(), v.pass(), v.name(), v.regime()));
        table.print(out);
      }
    }
    out.flush();
    return 0;
  }

  private int explainModel(PrintWriter out) {
    if (batch < 1 || imageSize < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--batch is " + batch + " and --image-size " + imageSize + ", but both must be >= 1");
    }
    Graph graph = new Graph(Shape.nhwc(batch, imageSize, imageSize, 3));
    try {
      ResNeXt.of(model, 1).buildFeatures(graph);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    try (Device device = Device.open(name)) {
      new ModelKernels(device, dtype).table(graph).print(out);
    }
    return 0;
  }

  private void checkOperations(List<Variant> variants) {
    Set<String> known =
        variants.stream().map(Variant::operation).collect(Collectors.toCollection(TreeSet::new));
    for (String operation : operations) {
      if (!known.contains(operation)) {
        throw new ParameterException(
            spec.commandLine(),
            "OPERATION is '"
                + operation
                + "', but those with a choice of kernels are "
                + String.join(", ", known));
      }
    }
  }
}
