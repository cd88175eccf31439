package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.ops.GroupedConv;

class GroupedConvTest {
  static Stream<Arguments> cases() {
    return Devices.names().stream()
        .flatMap(
            device ->
                Stream.of(DType.F32, DType.BF16)
                    .flatMap(
                        dtype ->
                            Cases.lines("grouped_conv", device)
                                .map(v -> Arguments.of(device, dtype, GroupedConvLayer.of(v)))));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void everyPassMatchesSumsInDouble(String name, DType dtype, GroupedConvLayer layer) {
    try (Device device = Workbench.open(name, 2);
        GroupedConvOperands operands = new GroupedConvOperands(device, dtype, layer, 1)) {
      operands.run();
      operands.check("");
    }
  }

  @Test
  void randomShapesMatchSumsInDouble() {
    long seed = Long.getLong("octothorpe.seed", System.nanoTime());
    System.out.println("GroupedConvTest: random shapes of -Doctothorpe.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (String name : Devices.names()) {
      try (Device device = Workbench.open(name, 2)) {
        for (int i = 0; i < 40; i++) {
          GroupedConvLayer layer = GroupedConvLayer.random(random);
          DType dtype = random.nextBoolean() ? DType.F32 : DType.BF16;
          try (GroupedConvOperands operands =
              new GroupedConvOperands(device, dtype, layer, random.nextLong())) {
            operands.run();
            operands.check(" of " + dtype + " " + layer + ", -Doctothorpe.seed=" + seed);
          }
        }
      }
    }
  }

  /** The derivative of the sum of dy y along a random direction of each input. */
  @Test
  void gradientsAreFiniteDifferences() {
    for (String name : Devices.names()) {
      for (GroupedConv conv :
          new GroupedConv[] {GroupedConv.of(4, 2, 1), new GroupedConv(1, 1, 2, 0, 2, 2, 1)}) {
        GroupedConvLayer layer = new GroupedConvLayer(2, 7, 6, 16, 16, 3, 3, conv);
        try (Device device = Workbench.open(name, 2);
            GroupedConvOperands operands = new GroupedConvOperands(device, DType.F32, layer, 5)) {
          operands.run();
          operands.checkDirection(operands.x, operands.dx);
          operands.checkDirection(operands.weight, operands.dweight);
          operands.checkDirection(operands.bias, operands.dbias);
        }
      }
    }
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void repeatsAndThreadsGiveTheSameBits(String name, DType dtype, GroupedConvLayer layer) {
    IntFunction<float[][]> run =
        threads -> {
          try (Device device = Workbench.open(name, threads);
              GroupedConvOperands operands = new GroupedConvOperands(device, dtype, layer, 1)) {
            operands.run();
            float[][] first = operands.results();
            operands.run();
            assertThat(operands.results()).isDeepEqualTo(first);
            return first;
          }
        };
    assertThat(run.apply(3)).isDeepEqualTo(run.apply(1));
  }

  @Test
  void refusesWithTheReason() {
    GroupedConvLayer layer = new GroupedConvLayer(1, 5, 5, 8, 8, 3, 3, GroupedConv.of(2, 1, 1));
    try (Device device = Workbench.open("cpu", 1);
        GroupedConvOperands o = new GroupedConvOperands(device, DType.F32, layer, 1)) {
      assertThatThrownBy(() -> GroupedConv.of(3, 1, 1).forward(o.x, o.weight, null, o.y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "grouped_conv_forward: C is 8 and K is 8, but both must be divisible by groups, 3");
      try (Call call = layer.conv().forward(o.x, o.weight, null, o.y)) {
        assertThat(call.workspaceBytes()).isPositive();
        assertThatThrownBy(() -> call.bind(null))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("grouped_conv_forward", "workspace is null", "must have");
      }
      assertThatThrownBy(() -> GroupedConv.of(2, 1, 0).forward(o.x, o.weight, null, o.y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("y has the shape [1,5,5,8]", "axis 1 must be 3");
    }
  }
}
