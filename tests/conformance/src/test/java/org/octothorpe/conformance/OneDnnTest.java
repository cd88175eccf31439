package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.Linear;
import org.octothorpe.oracle.NaiveConv;

/** The kernels of oneDNN, which the CPU uses where results may depend on the number of threads. */
class OneDnnTest {
  private static final DType[] TYPES = {DType.F32, DType.BF16};

  /** batch, inputs, outputs. */
  private static final int[][] LINEARS = {
    {1, 1, 1}, {8, 64, 10}, {7, 33, 101}, {16, 512, 300}, {1, 1024, 500}
  };

  static List<Arguments> convolutions() {
    return cases(
        ShapeFile.read("dense_conv", "test").stream().map(OneDnnTest::convolution).toList());
  }

  static List<Arguments> linears() {
    return cases(Arrays.stream(LINEARS).map(OneDnnTest::linear).toList());
  }

  private static GroupedConvLayer convolution(int[] f) {
    GroupedConv conv = GroupedConv.of(1, f[7], f[8]);
    return new GroupedConvLayer(f[0], f[1], f[2], f[3], f[4], f[5], f[6], conv);
  }

  /** A fully connected layer is a 1x1 convolution of images of one pixel. */
  private static GroupedConvLayer linear(int[] f) {
    return new GroupedConvLayer(f[0], 1, 1, f[1], f[2], 1, 1, GroupedConv.of(1, 1, 0));
  }

  private static List<Arguments> cases(List<GroupedConvLayer> layers) {
    List<Arguments> cases = new ArrayList<>();
    for (GroupedConvLayer layer : layers) {
      for (Pass pass : Pass.values()) {
        for (DType dtype : TYPES) {
          cases.add(Arguments.of(pass, layer, dtype, false));
          if (pass != Pass.BACKWARD_DATA) {
            cases.add(Arguments.of(pass, layer, dtype, true));
          }
        }
      }
    }
    return cases;
  }

  @ParameterizedTest
  @EnumSource(Pass.class)
  void morePixelsThanTheLibraryCountsDoNotCrashIt(Pass pass) {
    try (Device device = Device.open("cpu")) {
      Tensor x = device.unbound(DType.F32, Shape.nhwc(65536, 2048, 2048, 8));
      Tensor weight = device.unbound(DType.F32, Shape.of(16, 1, 1, 8));
      Tensor y = device.unbound(DType.F32, Shape.nhwc(65536, 2048, 2048, 16));
      GroupedConv conv = GroupedConv.of(1, 1, 0);
      try (Call call =
          switch (pass) {
            case FORWARD -> conv.forward(x, weight, null, y);
            case BACKWARD_DATA -> conv.backwardData(y, weight, x);
            case BACKWARD_WEIGHT -> conv.backwardWeight(x, y, weight, null);
          }) {
        assertThat(call.provider()).isEqualTo("octothorpe");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void convolutionAgreesWithTheLoop(Pass pass, GroupedConvLayer layer, DType dtype, boolean bias) {
    try (Device device = Device.open("cpu");
        Operands operands = new Operands(device, pass, layer, dtype, bias, false)) {
      check(operands);
    }
  }

  @ParameterizedTest
  @MethodSource("linears")
  void linearAgreesWithTheLoop(Pass pass, GroupedConvLayer layer, DType dtype, boolean bias) {
    try (Device device = Device.open("cpu");
        Operands operands = new Operands(device, pass, layer, dtype, bias, true)) {
      check(operands);
    }
  }

  private static void check(Operands operands) {
    // Another implementation than the one under test would make this test say nothing about it.
    assumeThat(operands.call.provider())
        .as("oneDNN has a kernel for this processor")
        .startsWith("oneDNN ");
    operands.poison();
    operands.call.bind(operands.workspace).run();
    operands.checkResult();
    float[] first = operands.out.toFloats();
    Tensor bias = operands.pass == Pass.FORWARD ? null : operands.bias;
    float[] firstBias = bias == null ? new float[0] : bias.toFloats();
    operands.poison();
    operands.call.run();
    assertThat(operands.out.toFloats()).as("the second run").isEqualTo(first);
    if (bias != null) {
      assertThat(bias.toFloats()).as("the second run's bias").isEqualTo(firstBias);
    }
  }

  @Test
  void runMakesNoGarbage() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    GroupedConvLayer layer = convolution(new int[] {2, 8, 8, 64, 128, 1, 1, 1, 0});
    try (Device device = Device.open("cpu")) {
      for (Pass pass : Pass.values()) {
        try (Operands operands = new Operands(device, pass, layer, DType.F32, false, false)) {
          Call call = operands.call.bind(operands.workspace);
          // Twice: the first measurement allocates what the measuring itself needs.
          long bytes = 0;
          for (int round = 0; round < 2; round++) {
            long before = threads.getThreadAllocatedBytes(thread);
            for (int i = 0; i < 100; i++) {
              call.run();
            }
            bytes = threads.getThreadAllocatedBytes(thread) - before;
          }
          assertThat(bytes).as("bytes of Java garbage in 100 runs of %s", pass).isZero();
        }
      }
    }
  }

  @Test
  void callsRunOnOtherThreadsAndOutliveTheirNeighbors() throws InterruptedException {
    GroupedConvLayer layer = convolution(new int[] {2, 8, 8, 64, 32, 3, 3, 1, 1});
    try (Device device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(2));
        Operands kept = new Operands(device, Pass.FORWARD, layer, DType.F32, false, false);
        Operands neighbor = new Operands(device, Pass.FORWARD, layer, DType.F32, false, false)) {
      neighbor.call.bind(neighbor.workspace);
      kept.call.bind(kept.workspace);
      neighbor.call.close();
      neighbor.call.close();
      kept.poison();
      Thread other = new Thread(kept.call::run);
      other.start();
      other.join();
      kept.checkResult();
      assertThatThrownBy(neighbor.call::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("after close");
    }
  }

  @Test
  void refusesOperandsOfOtherShapes() {
    GroupedConv conv = GroupedConv.of(1, 1, 1);
    try (Device device = Device.open("cpu");
        Tensor x = device.allocate(DType.F32, Shape.nhwc(2, 8, 8, 64));
        Tensor weight = device.allocate(DType.F32, Shape.of(32, 3, 3, 64));
        Tensor y = device.allocate(DType.F32, Shape.nhwc(2, 8, 8, 32));
        Tensor other = device.allocate(DType.F32, Shape.nhwc(2, 8, 9, 32));
        Tensor small = device.allocate(DType.U8, Shape.of(1));
        Tensor square = device.allocate(DType.F32, Shape.of(64, 3, 3, 64));
        Call ontoItself = conv.forward(x, square, null, x);
        Call call = conv.forward(x, weight, null, y)) {
      assertThatThrownBy(() -> conv.forward(x, weight, null, other))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "grouped_conv_forward: y has the shape [2,8,9,32]; axis 2 must be 8, ");
      assertThatThrownBy(() -> conv.forward(x, weight, small, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("grouped_conv_forward: bias is u8, but must be f32");
      assertThatThrownBy(() -> GroupedConv.of(1, 0, 1).forward(x, weight, null, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("grouped_conv_forward: stride_h is 0, but must be in [1,1048576]");
      assertThat(ontoItself.provider()).startsWith("oneDNN");
      assertThatThrownBy(ontoItself::run)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("overlaps");
      assertThat(call.workspaceBytes()).isGreaterThan(1);
      assertThatThrownBy(() -> call.bind(small))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(
              "workspace is 1 bytes, but must be at least " + call.workspaceBytes());
    }
  }

  /** One pass with its tensors, on a device that takes oneDNN's kernels. */
  private static final class Operands implements AutoCloseable {
    final Pass pass;
    final GroupedConvLayer layer;
    final Tensor x;
    final Tensor weight;
    final Tensor y;
    final @Nullable Tensor bias;
    final Tensor out;
    final Call call;
    final @Nullable Tensor workspace;

    Operands(
        Device device,
        Pass pass,
        GroupedConvLayer layer,
        DType dtype,
        boolean biased,
        boolean flat) {
      this.pass = pass;
      this.layer = layer;
      DType weightType = pass == Pass.BACKWARD_WEIGHT ? DType.F32 : dtype;
      Shape vector = Shape.of(layer.k());
      x = Values.random(device, dtype, flat ? Shape.of(layer.n(), layer.c()) : layer.x(), 1, 1);
      weight =
          Values.random(
              device, weightType, flat ? Shape.of(layer.k(), layer.c()) : layer.weight(), 2, 1);
      y = Values.random(device, dtype, flat ? Shape.of(layer.n(), layer.k()) : layer.y(), 3, 1);
      bias = biased ? Values.random(device, DType.F32, vector, 4, 1) : null;
      GroupedConv conv = layer.conv();
      switch (pass) {
        case FORWARD -> {
          out = y;
          call = flat ? Linear.forward(x, weight, bias, y) : conv.forward(x, weight, bias, y);
        }
        case BACKWARD_DATA -> {
          out = x;
          call = flat ? Linear.backwardData(y, weight, x) : conv.backwardData(y, weight, x);
        }
        case BACKWARD_WEIGHT -> {
          out = weight;
          call =
              flat
                  ? Linear.backwardWeight(x, y, weight, bias)
                  : conv.backwardWeight(x, y, weight, bias);
        }
        default -> throw new AssertionError(pass);
      }
      long bytes = call.workspaceBytes();
      workspace = bytes == 0 ? null : device.allocate(DType.U8, Shape.of(bytes));
    }

    /** Fails unless the result is the loop's, within the rounding of its sums. */
    void checkResult() {
      NaiveConv naive = layer.naive();
      switch (pass) {
        case FORWARD -> {
          double[] biases = bias == null ? null : Workbench.doubles(bias);
          double[] weights = Workbench.doubles(weight);
          Workbench.check("y", naive.forward(Workbench.doubles(x), weights, biases), y);
        }
        case BACKWARD_DATA ->
            Workbench.check(
                "dx", naive.backwardData(Workbench.doubles(y), Workbench.doubles(weight)), x);
        case BACKWARD_WEIGHT -> {
          double[] dy = Workbench.doubles(y);
          Workbench.check("dweight", naive.backwardWeight(Workbench.doubles(x), dy), weight);
          if (bias != null) {
            Workbench.check("dbias", naive.backwardBias(dy), bias);
          }
        }
      }
    }

    /** Fills what a pass must overwrite with NaN. */
    void poison() {
      float[] nan = new float[Math.toIntExact(out.shape().elements())];
      Arrays.fill(nan, Float.NaN);
      out.copyFrom(nan);
      if (workspace != null) {
        byte[] ones = new byte[Math.toIntExact(workspace.bytes())];
        Arrays.fill(ones, (byte) -1);
        workspace.copyFrom(ones);
      }
    }

    @Override
    public void close() {
      call.close();
      for (Tensor tensor : new Tensor[] {x, weight, y, bias, workspace}) {
        if (tensor != null) {
          tensor.close();
        }
      }
    }
  }
}
