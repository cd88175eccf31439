package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.OctothorpeException;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.Variant;
import org.octothorpe.ops.KernelProvider;
import org.octothorpe.ops.Kernels;

class DevicesTest {
  static List<String> names() {
    return Devices.names();
  }

  @Test
  void everyTestRunsOnAGpuToo() {
    assumeTrue(Devices.noGpu() == null, "no test runs on a GPU: " + Devices.noGpu());
    assertThat(Devices.names()).contains(Devices.GPU);
  }

  @Test
  void thereAreThreeKinds() {
    assertThat(Device.names()).containsExactly("cpu", "emulated", "cuda:N");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "cpu:0", "emulated:0", "cuda", "cuda:-1", "cuda:x", "CPU", ""})
  void refusesOtherNames(String name) {
    assertThatThrownBy(() -> Device.open(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device is '" + name + "', but must be one of: cpu, emulated, cuda:N");
  }

  @Test
  void saysWhyThereIsNoSuchGpu() {
    assertThatThrownBy(() -> Device.open("cuda:999"))
        .isInstanceOfAny(IllegalArgumentException.class, OctothorpeException.class)
        .hasMessageMatching(
            "(?s).*(cannot be opened: |cannot be loaded |must be in \\[0,\\d+\\)).*");
  }

  @ParameterizedTest
  @MethodSource("names")
  void copiesAndZeroesItsMemory(String name) {
    try (Device device = Device.open(name);
        Tensor x = device.allocate(DType.F32, Shape.of(5));
        Tensor tail = x.view(3, Shape.of(2))) {
      x.copyFrom(new float[] {1, 2, 3, 4, 5});
      tail.zero();
      assertThat(x.toFloats()).containsExactly(1, 2, 3, 0, 0);
      assertThat(device.name()).isEqualTo(name);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void variantsAreNamedForTheirPass(String name) {
    try (Device device = Device.open(name)) {
      assertThat(device.variants().isEmpty()).isEqualTo(name.equals("cpu"));
      for (Variant variant : device.variants()) {
        assertThat(variant.regime()).as(variant.name()).isNotBlank();
        device.useVariant(variant.name());
      }
      device.useVariant(null);
      assertThatThrownBy(() -> device.useVariant("the_fast_one"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the_fast_one");
    }
  }

  @Test
  void theEmulatedDeviceIsItsOwnAndSeveralMayBeOpen() {
    try (Device one = Device.open("emulated");
        Device two = Device.open("emulated");
        Device cpu = Device.open("cpu");
        Tensor x = one.allocate(DType.F32, Shape.of(2));
        Tensor y = two.allocate(DType.F32, Shape.of(2));
        Tensor z = cpu.allocate(DType.F32, Shape.of(2))) {
      x.copyFrom(new float[] {1, 2});
      y.copyFrom(x.toFloats());
      z.copyFrom(y.toFloats());
      assertThat(z.toFloats()).containsExactly(1, 2);
      assertThat(Kernels.of(one).providers()).allMatch(KernelProvider::deterministic);
    }
  }
}
