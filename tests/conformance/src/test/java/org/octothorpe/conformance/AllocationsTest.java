package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.cuda.bindings.emulated;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Batch;
import org.octothorpe.train.Trainer;

/**
 * What was prepared runs without an allocation, on the Java heap, in native code or on a device.
 */
class AllocationsTest {
  private static final int BATCH = 2;
  private static final int SIZE = 12;
  private static final ResNeXt NETWORK =
      new ResNeXt(List.of(1, 1), 8, 16, Stem.FULL, 16, List.of(16, 32), 5);

  static Stream<Arguments> cases() {
    return Devices.names().stream()
        .flatMap(name -> Stream.of(DType.F32, DType.BF16).map(dtype -> Arguments.of(name, dtype)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void aTrainingStepAllocatesNothing(String name, DType dtype) {
    // The emulated device takes tenths of seconds per step.
    int steps = name.equals("emulated") ? 3 : 20;
    try (Device device = Device.open(name);
        Network network = NETWORK.on(device).initialize(3);
        Trainer trainer = Trainer.of(network, Shape.nhwc(BATCH, SIZE, SIZE, 3), dtype);
        Batch batch = new Batch(BATCH, SIZE, SIZE, 2 * BATCH)) {
      batch.setSize(BATCH);
      for (int i = 0; i < BATCH; i++) {
        batch.offsets().ints().put(i + 1, i + 1);
        batch.labels().ints().put(i, i);
      }
      for (int i = 0; i < batch.pixels().size(); i++) {
        batch.pixels().bytes().put(i, (byte) (i * 37));
      }
      for (int i = 0; i < steps; i++) {
        trainer.step(batch, 0.01);
      }
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      threads.getCurrentThreadAllocatedBytes();
      long onDevice = octothorpe.oct_allocation_count();
      long host = hostAllocations(name);
      long pointers = Pointer.totalCount();
      // The least of three rounds: the virtual machine itself allocates now and then.
      long garbage = Long.MAX_VALUE;
      long bean = 0;
      for (int round = 0; round < 3; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < steps; i++) {
          trainer.step(batch, 0.01);
        }
        long after = threads.getCurrentThreadAllocatedBytes();
        garbage = Math.min(garbage, after - before);
        bean = threads.getCurrentThreadAllocatedBytes() - after;
      }
      // What the calls of the bean themselves allocate; nothing else may show.
      assertThat(garbage).as("bytes on the Java heap").isLessThanOrEqualTo(Math.max(64, bean));
      assertThat(octothorpe.oct_allocation_count()).as("blocks of the device").isEqualTo(onDevice);
      assertThat(hostAllocations(name)).as("C++ allocations of the library").isEqualTo(host);
      assertThat(Pointer.totalCount()).as("JavaCPP pointers").isEqualTo(pointers);
    }
  }

  /** Allocations of host memory by the kernels' library; 0 where nothing counts them. */
  private static long hostAllocations(String name) {
    return name.equals("emulated") ? emulated.oct_emulated_host_allocations() : 0;
  }
}
