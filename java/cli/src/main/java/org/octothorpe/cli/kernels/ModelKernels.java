package org.octothorpe.cli.kernels;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.cli.report.Table;
import org.octothorpe.graph.Graph;
import org.octothorpe.graph.Graph.Convolution;
import org.octothorpe.ops.ConvProblem;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.Kernels;
import org.octothorpe.ops.Kernels.Answer;

/** Who computes each convolution of a network on a device, pass by pass, and who refused it why. */
final class ModelKernels {
  private final Device device;
  private final DType dtype;

  ModelKernels(Device device, DType dtype) {
    this.device = device;
    this.dtype = dtype;
  }

  /** What convolutions with the same kernels have in common. */
  private record Layer(GroupedConv conv, Shape x, Shape weight, Shape y) {}

  /** Returns one row per shape and pass: layers, input, filter, pass, kernel, refusals. */
  Table table(Graph graph) {
    Map<Layer, List<String>> layers = new LinkedHashMap<>();
    for (Convolution c : graph.convolutions()) {
      layers
          .computeIfAbsent(new Layer(c.conv(), c.x(), c.weight(), c.y()), s -> new ArrayList<>())
          .add(c.name());
    }
    Table table = Table.ofWords().row("layer", "x", "weight", "pass", "computed by", "refused by");
    for (Map.Entry<Layer, List<String>> entry : layers.entrySet()) {
      for (Pass pass : Pass.values()) {
        addRow(table, entry.getKey(), entry.getValue(), pass);
      }
    }
    return table;
  }

  private void addRow(Table table, Layer kind, List<String> names, Pass pass) {
    DType weightType = pass == Pass.BACKWARD_WEIGHT ? DType.F32 : dtype;
    try (Tensor x = device.unbound(dtype, kind.x());
        Tensor weight = device.unbound(weightType, kind.weight());
        Tensor y = device.unbound(dtype, kind.y())) {
      List<Answer> answers =
          Kernels.of(device).explain(new ConvProblem(kind.conv(), pass, x, weight, null, y));
      Answer chosen = answers.get(answers.size() - 1);
      List<String> refusals = new ArrayList<>();
      for (Answer answer : answers) {
        if (!answer.reason().isEmpty()) {
          refusals.add(answer.provider() + ": " + answer.reason());
        }
      }
      String layer =
          names.get(0) + (names.size() > 1 ? " and " + (names.size() - 1) + " more" : "");
      table.row(
          pass == Pass.FORWARD ? layer : "",
          pass == Pass.FORWARD ? kind.x().toString() : "",
          pass == Pass.FORWARD ? kind.weight() + ", " + kind.conv() : "",
          pass.name().toLowerCase(Locale.ROOT),
          chosen.reason().isEmpty() ? chosen.provider() : "no kernel",
          String.join("; ", refusals));
    }
  }
}
