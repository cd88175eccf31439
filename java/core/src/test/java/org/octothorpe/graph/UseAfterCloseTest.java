package org.octothorpe.graph;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.models.Network;
import org.octothorpe.models.Stem;
import org.octothorpe.ops.Relu;
import org.octothorpe.train.SgdOptions;
import org.octothorpe.train.Trainer;

/** What is closed says so; none of these may reach memory that was freed. */
class UseAfterCloseTest {
  private static final Shape INPUT = Shape.nhwc(Tiny.BATCH, Tiny.SIZE, Tiny.SIZE, 3);

  private static void assertClosed(String what, ThrowingCallable use) {
    assertThatThrownBy(use).isInstanceOf(IllegalStateException.class).hasMessageContaining(what);
  }

  @Test
  void aClosedNetworkMakesNoPlansAndGivesNoState() {
    try (Device device = Device.open("cpu")) {
      Network network = Tiny.network(Stem.SMALL).on(device).initialize(1);
      Tensor weight = network.parameters().value("fc.weight");
      network.close();
      network.close();
      String closed = "the network is used after close";
      assertClosed(closed, () -> network.inference(INPUT, DType.F32));
      assertClosed(closed, () -> network.features(INPUT, DType.BF16));
      assertClosed(closed, () -> Trainer.of(network, INPUT, DType.F32));
      assertClosed(closed, () -> network.initialize(2));
      assertClosed(closed, network::state);
      assertClosed(closed, network::momentum);
      assertClosed("used after close", weight::toFloats);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPlanOfAClosedNetworkDoesNotRun(boolean deterministic) {
    try (Device device = Device.open("cpu", new DeviceOptions(1, deterministic))) {
      Network network = Tiny.network(Stem.SMALL).on(device).initialize(1);
      try (InferencePlan plan = network.inference(INPUT, DType.F32);
          Trainer trainer = Trainer.of(network, INPUT, DType.BF16)) {
        plan.run();
        Tiny.fill(trainer.plan(), 5);
        network.close();
        assertClosed("the network is used after close", plan::run);
        assertClosed("the network is used after close", () -> trainer.step(0.1));
      }
    }
  }

  @Test
  void aClosedPlanDoesNotRun() {
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.SMALL).on(device).initialize(1)) {
      InferencePlan plan = network.inference(INPUT, DType.F32);
      Tensor output = plan.run();
      plan.close();
      plan.close();
      assertClosed("the plan is used after close", plan::run);
      assertClosed("used after close", output::toFloats);
      assertClosed("used after close", () -> plan.input().zero());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingRunsOnAClosedDevice(boolean deterministic) {
    Device device = Device.open("cpu", new DeviceOptions(1, deterministic));
    Network network = Tiny.network(Stem.SMALL).on(device).initialize(1);
    InferencePlan plan = network.inference(INPUT, DType.F32);
    Trainer trainer = Trainer.of(network, INPUT, DType.F32, Loss.SIGMOID, SgdOptions.DEFAULT);
    Tiny.fill(trainer.plan(), 5);
    Tensor tensor = device.allocate(DType.F32, Shape.of(4));
    Call call = Relu.forward(tensor, tensor);
    call.run();
    Tensor output = plan.run();
    device.close();
    device.close();
    String closed = "the device cpu is closed";
    assertClosed(closed, plan::run);
    assertClosed(closed, () -> trainer.step(0.1));
    assertClosed(closed, () -> network.inference(INPUT, DType.F32));
    assertClosed(closed, output::toFloats);
    assertClosed(closed, () -> plan.input().copyFrom(new float[(int) INPUT.elements()]));
    assertClosed(closed, tensor::zero);
    assertClosed(closed, tensor::address);
    assertClosed(closed, () -> Relu.forward(tensor, tensor));
    assertClosed(closed, call::run);
    // Too late to give their memory back, which they say rather than crash.
    assertClosed(closed, tensor::close);
    assertClosed(closed, plan::close);
    assertClosed(closed, network::close);
  }

  @Test
  void aViewOfAClosedTensorIsClosedToo() {
    try (Device device = Device.open("cpu")) {
      Tensor whole = device.allocate(DType.F32, Shape.of(8));
      whole.zero();
      try (Tensor view = whole.view(4, Shape.of(4));
          Tensor inner = view.view(2, Shape.of(2))) {
        whole.close();
        assertClosed("used after close", view::toFloats);
        assertClosed("used after close", () -> inner.copyFrom(new float[2]));
      }
    }
  }
}
