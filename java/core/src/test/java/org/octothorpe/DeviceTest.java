package org.octothorpe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.octothorpe.ops.Relu;

class DeviceTest {
  @Test
  void runsAnOperation() {
    try (Device device = Device.open("cpu");
        Tensor x = device.allocate(DType.F32, Shape.of(5));
        Tensor y = device.allocate(DType.F32, Shape.of(5))) {
      x.copyFrom(new float[] {-1, 0, 2, -3, 4});
      Relu.forward(x, y).run();
      assertThat(y.toFloats()).containsExactly(0, 0, 2, 0, 4);
    }
  }

  @Test
  void bf16RoundsToNearestEven() {
    try (Device device = Device.open("cpu");
        Tensor x = device.allocate(DType.BF16, Shape.of(3))) {
      // 1 + 2^-8 lies half way between two BF16 values; the even one is 1. 1 + 3 2^-8 rounds up to
      // 1 + 2^-6.
      x.copyFrom(new float[] {1 + 0x1p-8f, 1 + 0x3p-8f, Float.NaN});
      assertThat(x.toFloats()).containsExactly(1f, 1 + 0x1p-6f, Float.NaN);
    }
  }

  @Test
  void refusesUnknownDevice() {
    assertThatThrownBy(() -> Device.open("gpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("device is 'gpu', but must be one of: cpu; ");
  }

  /** This module has no other device on its class path. */
  @Test
  void saysWhatAddsDevices() {
    assertThat(Device.names()).containsExactly("cpu");
    for (String name : new String[] {"emulated", "cuda:0"}) {
      assertThatThrownBy(() -> Device.open(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(name, "org.octothorpe:octothorpe-cuda", "class path");
    }
  }

  @Test
  void theCpuHasNoVariants() {
    try (Device device = Device.open("cpu")) {
      assertThat(device.variants()).isEmpty();
      device.useVariant(null);
      assertThatThrownBy(() -> device.useVariant("another"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("another", "cpu", "one kernel");
    }
  }

  @Test
  void refusesTensorsOfDifferentShape() {
    try (Device device = Device.open("cpu");
        Tensor x = device.allocate(DType.F32, Shape.of(5));
        Tensor y = device.allocate(DType.F32, Shape.of(4))) {
      assertThatThrownBy(() -> Relu.forward(x, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("relu_forward: y has the shape [4], but must have x's, [5]");
    }
  }

  @Test
  void refusesUseAfterClose() {
    try (Device device = Device.open("cpu")) {
      Tensor x = device.allocate(DType.F32, Shape.of(5));
      x.close();
      x.close();
      assertThatThrownBy(x::toFloats)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("after close");
    }
  }
}
