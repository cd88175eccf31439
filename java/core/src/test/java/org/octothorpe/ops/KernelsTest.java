package org.octothorpe.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;

/** Who computes what, and the reasons of those who do not. */
class KernelsTest {
  private static Device open(boolean deterministic) {
    return Device.open("cpu", new DeviceOptions(2, deterministic));
  }

  /** A 3x3 convolution of 64 channels to 64, without memory: what it takes to ask. */
  private static ConvProblem problem(Device device, Pass pass, long groups) {
    Tensor x = device.unbound(DType.F32, Shape.nhwc(2, 8, 8, 64));
    Tensor weight = device.unbound(DType.F32, Shape.of(64, 3, 3, 64 / groups));
    Tensor y = device.unbound(DType.F32, Shape.nhwc(2, 8, 8, 64));
    return new ConvProblem(GroupedConv.of(groups, 1, 1), pass, x, weight, null, y);
  }

  @Test
  void vendorsAreAskedFirstAndThisLibraryLast() {
    try (Device device = open(false)) {
      assertThat(Kernels.of(device).providers())
          .extracting(KernelProvider::name)
          .satisfiesExactly(
              first -> assertThat(first).matches("oneDNN \\d+\\.\\d+\\.\\d+"),
              last -> assertThat(last).isEqualTo("octothorpe"));
      assertThat(Kernels.of(device)).isSameAs(Kernels.of(device));
    }
  }

  @Test
  void aDeterministicDeviceAsksOnlyThisLibrary() {
    try (Device device = open(true)) {
      assertThat(Kernels.of(device).providers())
          .extracting(KernelProvider::name)
          .containsExactly("octothorpe");
    }
  }

  @ParameterizedTest
  @EnumSource(Pass.class)
  void aDenseConvolutionIsOneDnns(Pass pass) {
    try (Device device = open(false)) {
      List<Kernels.Answer> answers = Kernels.of(device).explain(problem(device, pass, 1));
      assertThat(answers).hasSize(1);
      assertThat(answers.get(0).provider()).startsWith("oneDNN ");
      assertThat(answers.get(0).reason()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Pass.class)
  void aGroupedConvolutionIsRefusedByOneDnnAndTakenByThisLibrary(Pass pass) {
    try (Device device = open(false)) {
      List<Kernels.Answer> answers = Kernels.of(device).explain(problem(device, pass, 8));
      assertThat(answers).hasSize(2);
      assertThat(answers.get(0).provider()).startsWith("oneDNN ");
      assertThat(answers.get(0).reason())
          .contains("groups 8", "has more than one group", pass.name().toLowerCase(Locale.ROOT));
      assertThat(answers.get(1)).isEqualTo(new Kernels.Answer("octothorpe", ""));
    }
  }

  @ParameterizedTest
  @EnumSource(Pass.class)
  void aDeterministicDeviceSaysWhyItSkipsOneDnn(Pass pass) {
    try (Device device = open(true)) {
      List<Kernels.Answer> answers = Kernels.of(device).explain(problem(device, pass, 1));
      assertThat(answers).hasSize(2);
      assertThat(answers.get(0).provider()).startsWith("oneDNN ");
      assertThat(answers.get(0).reason())
          .isEqualTo(
              "not used on a deterministic device: its results depend on the number of threads");
      assertThat(answers.get(1)).isEqualTo(new Kernels.Answer("octothorpe", ""));
    }
  }

  @Test
  void whatIsExplainedIsWhatIsPrepared() {
    for (boolean deterministic : new boolean[] {false, true}) {
      for (long groups : new long[] {1, 8}) {
        try (Device device = open(deterministic)) {
          ConvProblem p = problem(device, Pass.FORWARD, groups);
          List<Kernels.Answer> answers = Kernels.of(device).explain(p);
          try (Call call = p.conv().forward(p.x(), p.weight(), p.bias(), p.y())) {
            assertThat(answers.get(answers.size() - 1).provider()).startsWith(call.provider());
          }
        }
      }
    }
  }

  @Test
  void aRuleThatIsBrokenIsNotARefusal() {
    try (Device device = open(false)) {
      ConvProblem p = problem(device, Pass.FORWARD, 1);
      GroupedConv other = GroupedConv.of(1, 2, 1);
      assertThatThrownBy(() -> other.forward(p.x(), p.weight(), null, p.y()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[2,8,8,64]");
    }
  }

  @Test
  void thisLibrarysKernelsServeAnyDevice() throws RefusedException {
    try (Device device = open(false);
        KernelProvider own = Kernels.own()) {
      assertThat(own.name()).isEqualTo("octothorpe");
      assertThat(own.deterministic()).isTrue();
      try (Call call = own.convolution(problem(device, Pass.FORWARD, 1))) {
        assertThat(call.provider()).isEqualTo("octothorpe");
        assertThat(call.name()).isEqualTo("grouped_conv_forward");
      }
    }
  }
}
