package org.octothorpe.onednn;

import org.octothorpe.dense.DenseCall;
import org.octothorpe.dense.DenseConv;
import org.octothorpe.dense.OctothorpeDense;
import org.octothorpe.Pass;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.Call;

public class OneDnnTest {
  private static final DType[] TYPES = {DType.F32, DType.BF16};

  /** batch, inputs, outputs. */
  private static final long[][] LINEARS = {
    {1, 1, 1}, {8, 64, 10}, {7, 33, 101}, {16, 512, 300}, {1, 1024, 500}
  };

  static List<Arguments> convolutions() throws IOException {
    List<Arguments> cases = new ArrayList<>();
    for (DenseConv shape : shapes()) {
      for (Pass pass : Pass.values()) {
        for (DType dtype : TYPES) {
          cases.add(Arguments.of(pass, shape, dtype, false));
          if (pass != Pass.BACKWARD_DATA) {
            cases.add(Arguments.of(pass, shape, dtype, true));
          }
        }
      }
    }
    return cases;
  }

  private static List<DenseConv> shapes() throws IOException {
    return Files.readAllLines(Path.of("../../tests/shapes/dense_conv.txt")).stream()
        .map(line -> line.replaceFirst("#.*", "").strip().split("\\s+", -1))
        .filter(fields -> fields[0].equals("test"))
        .map(fields -> Arrays.stream(fields).skip(1).mapToLong(Long::parseLong).toArray())
        .map(f -> new DenseConv(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8]))
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Pass.class)
  void morePixelsThanTheLibraryCountsDoNotCrashIt(Pass pass) {
    try (Device device = Device.open("cpu");
        DenseCall call =
            device
                .dense()
                .convolution(
                    pass, new DenseConv(65536, 2048, 2048, 8, 16, 1, 1, 1, 0), DType.F32, false)) {
      assertThat(call).isNotNull();
    }
  }

  static List<Arguments> linears() {
    List<Arguments> cases = new ArrayList<>();
    for (long[] shape : LINEARS) {
      for (Pass pass : Pass.values()) {
        for (DType dtype : TYPES) {
          cases.add(Arguments.of(pass, shape, dtype, false));
          if (pass != Pass.BACKWARD_DATA) {
            cases.add(Arguments.of(pass, shape, dtype, true));
          }
        }
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void convolutionAgreesWithTheLoop(Pass pass, DenseConv shape, DType dtype, boolean bias) {
    try (Device device = Device.open("cpu")) {
      check(
          device,
          device.dense().convolution(pass, shape, dtype, bias),
          pass,
          shape,
          dtype,
          bias,
          false);
    }
  }

  @ParameterizedTest
  @MethodSource("linears")
  void linearAgreesWithTheLoop(Pass pass, long[] shape, DType dtype, boolean bias) {
    DenseConv asConvolution = new DenseConv(shape[0], 1, 1, shape[1], shape[2], 1, 1, 1, 0);
    try (Device device = Device.open("cpu")) {
      check(
          device,
          device.dense().linear(pass, shape[0], shape[1], shape[2], dtype, bias),
          pass,
          asConvolution,
          dtype,
          bias,
          true);
    }
  }

  private static void check(
      Device device,
      DenseCall prepared,
      Pass pass,
      DenseConv shape,
      DType dtype,
      boolean bias,
      boolean flat) {
    // Another implementation than the one under test would make this test say nothing about it.
    assumeThat(prepared)
        .as("oneDNN has a kernel for this processor")
        .isInstanceOf(OneDnnCall.class);
    NaiveConvolution naive = new NaiveConvolution(shape, dtype, 7);
    try (prepared;
        Operands operands = new Operands(device, prepared, pass, shape, dtype, bias, flat)) {
      operands.a.copyFrom(pass == Pass.BACKWARD_DATA ? naive.dy : naive.x);
      operands.b.copyFrom(pass == Pass.BACKWARD_WEIGHT ? naive.dy : naive.weight);
      if (operands.bias != null && pass == Pass.FORWARD) {
        operands.bias.copyFrom(naive.bias);
      }
      operands.poison();
      Call call = operands.bind(prepared);
      call.run();
      float[] first = operands.out.toFloats();
      switch (pass) {
        case FORWARD -> naive.checkForward(first, bias);
        case BACKWARD_DATA -> naive.checkBackwardData(first);
        case BACKWARD_WEIGHT -> {
          naive.checkBackwardWeight(first);
          if (operands.bias != null) {
            naive.checkBackwardBias(operands.bias.toFloats());
          }
        }
      }
      float[] firstBias = operands.bias == null ? new float[0] : operands.bias.toFloats();
      operands.poison();
      call.run();
      assertThat(operands.out.toFloats()).as("the second run").isEqualTo(first);
      if (operands.bias != null) {
        assertThat(operands.bias.toFloats()).as("the second run's bias").isEqualTo(firstBias);
      }
    }
  }

  @Test
  void runMakesNoGarbage() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    DenseConv shape = new DenseConv(2, 8, 8, 64, 128, 1, 1, 1, 0);
    try (Device device = Device.open("cpu")) {
      for (Pass pass : Pass.values()) {
        try (DenseCall prepared = device.dense().convolution(pass, shape, DType.F32, false);
            Operands operands =
                new Operands(device, prepared, pass, shape, DType.F32, false, false)) {
          operands.a.zero();
          operands.b.zero();
          Call call = operands.bind(prepared);
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
  void callsRunOnOtherThreadsAndOutliveTheirNeighbours() throws InterruptedException {
    DenseConv shape = new DenseConv(2, 8, 8, 64, 32, 3, 3, 1, 1);
    NaiveConvolution naive = new NaiveConvolution(shape, DType.F32, 3);
    try (Device device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(2));
        DenseCall kept = device.dense().convolution(Pass.FORWARD, shape, DType.F32, false);
        Operands operands =
            new Operands(device, kept, Pass.FORWARD, shape, DType.F32, false, false)) {
      operands.a.copyFrom(naive.x);
      operands.b.copyFrom(naive.weight);
      DenseCall neighbour = device.dense().convolution(Pass.FORWARD, shape, DType.F32, false);
      Call closed = operands.bind(neighbour);
      Call call = operands.bind(kept);
      neighbour.close();
      neighbour.close();
      operands.poison();
      Thread other = new Thread(call::run);
      other.start();
      other.join();
      naive.checkForward(operands.out.toFloats(), false);
      assertThatThrownBy(closed::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("after close");
    }
  }

  @Test
  void refusesOperandsOfOtherShapes() {
    DenseConv shape = new DenseConv(2, 8, 8, 64, 32, 3, 3, 1, 1);
    try (Device device = Device.open("cpu");
        DenseCall prepared =
            device.dense().convolution(Pass.FORWARD, shape, DType.F32, false);
        Operands operands =
            new Operands(device, prepared, Pass.FORWARD, shape, DType.F32, false, false);
        Tensor other = device.allocate(DType.F32, Shape.nhwc(2, 8, 9, 64));
        Tensor small = device.allocate(DType.U8, Shape.of(1))) {
      assertThatThrownBy(
              () -> prepared.bind(other, operands.b, null, operands.out, operands.workspace))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "convolution forward of F32 x [2,8,8,64], weight [32,3,3,64], stride 1, padding 1: "
                  + "x is F32[2,8,9,64], but must be F32[2,8,8,64]");
      assertThat(prepared.workspaceBytes()).isGreaterThan(1);
      assertThatThrownBy(() -> prepared.bind(operands.a, operands.b, null, operands.out, small))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(
              "workspace is 1 bytes, but must be at least " + prepared.workspaceBytes());
      assertThatThrownBy(
              () -> prepared.bind(operands.a, operands.b, small, operands.out, operands.workspace))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("but must be null: prepared without a bias");
    }
  }

  @Test
  void deterministicDevicesTakeTheirOwnKernels() {
    try (Device device = Device.open("cpu", DeviceOptions.DEFAULT.withDeterministic(true))) {
      assertThat(device.dense()).isInstanceOf(OctothorpeDense.class);
    }
  }

  /** The tensors of one call. */
  private static final class Operands implements AutoCloseable {
    final Tensor a;
    final Tensor b;
    final @Nullable Tensor bias;
    final Tensor out;
    final @Nullable Tensor workspace;

    Operands(
        Device device,
        DenseCall prepared,
        Pass pass,
        DenseConv shape,
        DType dtype,
        boolean biased,
        boolean flat) {
      Shape x = flat ? Shape.of(shape.n(), shape.c()) : shape.x();
      Shape weight = flat ? Shape.of(shape.k(), shape.c()) : shape.weight();
      Shape y = flat ? Shape.of(shape.n(), shape.k()) : shape.y();
      a = device.allocate(dtype, pass == Pass.BACKWARD_DATA ? y : x);
      b = device.allocate(dtype, pass == Pass.BACKWARD_WEIGHT ? y : weight);
      bias = biased ? device.allocate(DType.F32, Shape.of(shape.k())) : null;
      out =
          switch (pass) {
            case FORWARD -> device.allocate(dtype, y);
            case BACKWARD_DATA -> device.allocate(dtype, x);
            case BACKWARD_WEIGHT -> device.allocate(DType.F32, weight);
          };
      long bytes = prepared.workspaceBytes();
      workspace = bytes == 0 ? null : device.allocate(DType.U8, Shape.of(bytes));
    }

    Call bind(DenseCall prepared) {
      return prepared.bind(a, b, bias, out, workspace);
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
      for (Tensor tensor : new Tensor[] {a, b, bias, out, workspace}) {
        if (tensor != null) {
          tensor.close();
        }
      }
    }
  }
}
