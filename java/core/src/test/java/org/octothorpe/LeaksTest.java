package org.octothorpe;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.graph.Tiny;
import org.octothorpe.internal.Leaks;
import org.octothorpe.models.Network;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Trainer;

class LeaksTest {
  @Test
  void reportsATensorThatWasForgotten() throws InterruptedException {
    try (Device device = Device.open("cpu")) {
      long before = Leaks.reported();
      long address = forget(device);
      for (int i = 0; i < 100 && Leaks.reported() == before; i++) {
        System.gc();
        Thread.sleep(20);
      }
      assertThat(Leaks.reported()).isGreaterThan(before);
      try (Pointer lost = new Address(address)) {
        assertThat(octothorpe.oct_free(device.context(), lost)).isZero();
      }
    }
  }

  private static long forget(Device device) {
    return device.allocate(DType.F32, Shape.of(7)).address();
  }

  private static final class Address extends Pointer {
    Address(long value) {
      address = value;
    }
  }

  @Test
  void trainingGivesAllMemoryBack() {
    // Once before, so that caches of oneDNN and the class loader are filled.
    train();
    System.gc();
    long native0 = octothorpe.oct_allocated_bytes();
    long reports = Leaks.reported();
    for (int i = 0; i < 10; i++) {
      train();
    }
    assertThat(octothorpe.oct_allocated_bytes()).isEqualTo(native0);
    System.gc();
    assertThat(Leaks.reported()).isEqualTo(reports);
  }

  private static void train() {
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.FULL).on(device).initialize(3);
        Trainer trainer =
            Trainer.of(network, Shape.nhwc(Tiny.BATCH, Tiny.SIZE, Tiny.SIZE, 3), DType.F32)) {
      for (int i = 0; i < 5; i++) {
        Tiny.fill(trainer.plan(), i);
        trainer.step(0.01);
      }
    }
  }
}
