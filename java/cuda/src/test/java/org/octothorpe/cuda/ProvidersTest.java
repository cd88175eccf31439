package org.octothorpe.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.OctothorpeException;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Relu;

class ProvidersTest {
  @Test
  void bothAreFound() {
    assertThat(Device.names()).containsExactly("cpu", "emulated", "cuda:N");
  }

  @Test
  void theEmulatedDeviceRunsAKernel() {
    try (Device device = Device.open("emulated");
        Tensor x = device.allocate(DType.F32, Shape.of(5))) {
      x.copyFrom(new float[] {-1, 0, 2, -3, 4});
      Relu.forward(x, x).run();
      assertThat(x.toFloats()).containsExactly(0, 0, 2, 0, 4);
    }
  }

  /** The checker's lines come from the library as it was unpacked: it must hold its debug lines. */
  @Test
  void aFindingNamesKernelFileAndLine() {
    try (Device device = Device.open("emulated");
        Tensor x = device.allocate(DType.F32, Shape.of(300));
        Tensor y = device.allocate(DType.F32, Shape.of(300))) {
      // x was never written.
      assertThatThrownBy(
              () -> {
                Relu.forward(x, y).run();
                y.toFloats();
              })
          .isInstanceOf(OctothorpeException.class)
          .hasMessageContaining("relu")
          .hasMessageContaining("uninitialized")
          .hasMessageMatching("(?s).*\\.cuh?:\\d+.*")
          .hasMessageMatching("(?s).*thread.*");
    }
  }

  /** Where the library, the driver or the GPU is missing, the message says which. */
  @Test
  void theCudaDeviceOpensOrSaysWhyNot() {
    try (Device device = Device.open("cuda:0")) {
      assertThat(device.name()).isEqualTo("cuda:0");
    } catch (OctothorpeException e) {
      assertThat(e)
          .hasMessageMatching(
              "(?s)(the device cuda:0 cannot be opened: .+"
                  + "|the CUDA kernels cannot be loaded on .+linux-x86_64-cuda.+)");
    }
  }
}
