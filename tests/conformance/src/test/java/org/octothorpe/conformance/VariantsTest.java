package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.OctothorpeException;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Status;
import org.octothorpe.Tensor;
import org.octothorpe.Variant;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.Linear;
import org.octothorpe.oracle.NaiveConv;

/**
 * Every implementation that a device chooses among, forced: it conforms, or refuses with a reason.
 */
class VariantsTest {
  private static final List<DType> TYPES = List.of(DType.F32, DType.BF16);

  /** Rows, inputs and outputs of fully connected layers. */
  private static final int[][] LINEAR = {{1, 1, 1}, {5, 64, 16}, {13, 72, 40}, {33, 65, 130}};

  /** Rows, classes and labels of losses. */
  private static final int[][] LOSSES = {{3, 2, 1}, {5, 33, 3}, {3, 1501, 3}, {2, 17000, 2}};

  static Stream<Arguments> variants() {
    List<Arguments> all = new ArrayList<>();
    for (String name : Devices.names()) {
      try (Device device = Device.open(name)) {
        device.variants().forEach(v -> all.add(Arguments.of(name, v.operation(), v.pass(), v)));
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} {1} {2}: {3}")
  @MethodSource("variants")
  void conformsOrRefuses(String name, String operation, String pass, Variant variant) {
    int ran =
        switch (operation) {
          case "grouped_conv" -> groupedConv(name, pass, variant.name());
          case "linear" -> linear(name, pass, variant.name());
          case "softmax_cross_entropy" -> softmax(name, variant.name());
          default -> throw new AssertionError("no test forces a variant of " + operation);
        };
    assertThat(ran).as("shapes that %s runs, of those tried", variant.name()).isPositive();
  }

  private static int groupedConv(String name, String pass, String variant) {
    int ran = 0;
    for (GroupedConvLayer layer : GroupedConvFusedTest.LAYERS) {
      for (DType dtype : TYPES) {
        ran += runs(name, variant, on -> groupedConv(on, pass, layer, dtype));
      }
    }
    return ran;
  }

  private static void groupedConv(Workbench on, String pass, GroupedConvLayer layer, DType dtype) {
    if (pass.equals("forward_fused")) {
      GroupedConvFusedTest.check(on, dtype, layer, true);
      return;
    }
    try (GroupedConvOperands operands = new GroupedConvOperands(on.device, dtype, layer, 1)) {
      operands.run();
      operands.check("");
    }
  }

  /** A fully connected layer is a 1x1 convolution of images of one pixel. */
  private static int linear(String name, String pass, String variant) {
    int ran = 0;
    for (int[] s : LINEAR) {
      GroupedConvLayer layer =
          new GroupedConvLayer(s[0], 1, 1, s[1], s[2], 1, 1, GroupedConv.of(1, 1, 0));
      for (DType dtype : TYPES) {
        ran += runs(name, variant, on -> linear(on, pass, layer, dtype));
      }
    }
    return ran;
  }

  private static void linear(Workbench on, String pass, GroupedConvLayer layer, DType dtype) {
    Pass dense = Pass.valueOf(pass.toUpperCase(Locale.ROOT));
    Shape x = Shape.of(layer.n(), layer.c());
    Shape weight = Shape.of(layer.k(), layer.c());
    Shape y = Shape.of(layer.n(), layer.k());
    Tensor xs = on.random(dtype, x, 1, -1, 1);
    Tensor weights = on.random(dtype, weight, 2, -1, 1);
    Tensor bias = on.random(DType.F32, Shape.of(layer.k()), 3, -1, 1);
    Tensor dys = on.random(dtype, y, 4, -1, 1);
    NaiveConv naive = layer.naive();
    double[] x64 = Workbench.doubles(xs);
    double[] weights64 = Workbench.doubles(weights);
    double[] dys64 = Workbench.doubles(dys);
    switch (dense) {
      case FORWARD -> {
        Tensor out = on.empty(dtype, y);
        Workbench.run(Linear.forward(xs, weights, bias, out));
        Workbench.check("y", naive.forward(x64, weights64, Workbench.doubles(bias)), out);
      }
      case BACKWARD_DATA -> {
        Tensor out = on.empty(dtype, x);
        Workbench.run(Linear.backwardData(dys, weights, out));
        Workbench.check("dx", naive.backwardData(dys64, weights64), out);
      }
      case BACKWARD_WEIGHT -> {
        Tensor out = on.empty(DType.F32, weight);
        Tensor dbias = on.empty(DType.F32, Shape.of(layer.k()));
        Workbench.run(Linear.backwardWeight(xs, dys, out, dbias));
        Workbench.check("dweight", naive.backwardWeight(x64, dys64), out);
        Workbench.check("dbias", naive.backwardBias(dys64), dbias);
      }
    }
  }

  private static int softmax(String name, String variant) {
    int ran = 0;
    for (int[] s : LOSSES) {
      for (DType dtype : TYPES) {
        ran +=
            runs(
                name,
                variant,
                on -> {
                  try (LabelBatch batch = new LabelBatch(on.device, dtype, s[0], s[1], 1, s[2])) {
                    SoftmaxCrossEntropyTest.check(batch, dtype);
                  }
                });
      }
    }
    return ran;
  }

  /** Returns 1 if a test runs with a variant, 0 if the variant refuses by its name. */
  private static int runs(String name, String variant, Consumer<Workbench> test) {
    try (Workbench on = new Workbench(name, 1)) {
      on.device.useVariant(variant);
      test.accept(on);
      return 1;
    } catch (OctothorpeException e) {
      assertThat(e.status()).as(e.getMessage()).isEqualTo(Status.UNSUPPORTED);
      assertThat(e).hasMessageContaining(variant);
      return 0;
    }
  }
}
