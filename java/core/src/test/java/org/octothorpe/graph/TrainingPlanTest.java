package org.octothorpe.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.HostBuffer;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.models.Network;
import org.octothorpe.models.Stem;
import org.octothorpe.train.SgdOptions;
import org.octothorpe.train.Trainer;

class TrainingPlanTest {
  private static final Shape INPUT = Shape.nhwc(Tiny.BATCH, Tiny.SIZE, Tiny.SIZE, 3);

  /** Starts the last scales at 1 instead of 0: with 0 most gradients vanish and prove nothing. */
  private static void wakeResiduals(Network network) {
    for (ParameterSpec spec : network.parameters().specs()) {
      if (spec.role() == ParameterSpec.Role.NORM
          && spec.mean() == 0
          && spec.key().endsWith(".weight")) {
        float[] ones = new float[Math.toIntExact(spec.shape().elements())];
        java.util.Arrays.fill(ones, 1);
        network.parameters().value(spec.key()).copyFrom(ones);
      }
    }
  }

  @Test
  void aPlanWithoutRoomForItsArenaLeavesNothingBehind() {
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.SMALL).on(device).initialize(3)) {
      network.parameters().flatGradient(); // the network's own
      long before = octothorpe.oct_allocated_bytes();
      Shape tooLarge = Shape.nhwc(1 << 16, 8192, 8192, 3); // 50 TB of pixels
      assertThatThrownBy(() -> Trainer.of(network, tooLarge, DType.F32))
          .hasMessageContaining("out of range");
      assertThatThrownBy(() -> network.inference(tooLarge, DType.F32))
          .hasMessageContaining("out of range");
      assertThat(octothorpe.oct_allocated_bytes()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FULL, SOFTMAX, false",
    "SMALL, SOFTMAX, false",
    "SMALL, SIGMOID, false",
    "FULL, SOFTMAX, true"
  })
  void gradientsAgreeWithFiniteDifferences(Stem stem, Loss loss, boolean deterministic) {
    try (Device device = Device.open("cpu", new DeviceOptions(2, deterministic));
        Network network = Tiny.network(stem).on(device).initialize(3);
        Trainer trainer = Trainer.of(network, INPUT, DType.F32, loss, SgdOptions.DEFAULT)) {
      wakeResiduals(network);
      TrainingPlan plan = trainer.plan();
      Tiny.fill(plan, 5);
      plan.run();
      for (ParameterSpec spec : network.parameters().specs()) {
        if (!spec.role().trained()) {
          continue;
        }
        plan.run();
        Tensor value = network.parameters().value(spec.key());
        float[] start = value.toFloats();
        float[] gradient = network.parameters().gradient(spec.key()).toFloats();
        double square = 0;
        for (float g : gradient) {
          square += (double) g * g;
        }
        assertThat(square).as("gradient of %s", spec.key()).isPositive();
        // Along the gradient, with a step that changes the loss by about 2^-12: the F32 loss has an
        // error of about 2^-22, so the
        // quotient has 2^-10; the rest of the tolerance is the curvature and the ReLUs that flip on
        // the way.
        double step = 0x1p-13 / square;
        double up = lossAt(plan, value, start, gradient, step);
        double down = lossAt(plan, value, start, gradient, -step);
        value.copyFrom(start);
        assertThat((up - down) / (2 * step) / square)
            .as("slope along the gradient of %s", spec.key())
            .isCloseTo(1, within(0.03));
      }
    }
  }

  @Test
  void anyBatchOfSoundImagesHasRoomForItsLabels() {
    int most = Trainer.MAX_LABELS_PER_IMAGE;
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.SMALL).on(device).initialize(3);
        Trainer trainer = Trainer.of(network, INPUT, DType.F32);
        HostBuffer offsets = new HostBuffer((Tiny.BATCH + 1L) * Integer.BYTES);
        HostBuffer labels = new HostBuffer((long) Tiny.BATCH * most * Integer.BYTES)) {
      Tiny.fill(trainer.plan(), 5);
      for (int i = 0; i < Tiny.BATCH * most; i++) {
        labels.ints().put(i, i % Tiny.CLASSES);
      }
      for (int i = 0; i <= Tiny.BATCH; i++) {
        offsets.ints().put(i, i * most);
      }
      trainer.plan().setLabels(offsets, labels);
      // Nearly the same target for each class.
      assertThat(trainer.step(0.05)).isCloseTo(Math.log(Tiny.CLASSES), within(0.2));
      offsets.ints().put(Tiny.BATCH, Tiny.BATCH * most + 1);
      assertThatThrownBy(() -> trainer.plan().setLabels(offsets, labels))
          .hasMessageContaining("has 4097 labels, but must have 0 to 4096");
    }
  }

  private static double lossAt(
      TrainingPlan plan, Tensor value, float[] start, float[] direction, double step) {
    float[] moved = new float[start.length];
    for (int i = 0; i < start.length; i++) {
      moved[i] = (float) (start[i] + step * direction[i]);
    }
    value.copyFrom(moved);
    return plan.run();
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16"})
  void trainingLowersTheLoss(DType dtype) {
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.SMALL).on(device).initialize(3);
        Trainer trainer = Trainer.of(network, INPUT, dtype)) {
      Tiny.fill(trainer.plan(), 5);
      double first = trainer.step(0.05);
      double last = first;
      for (int i = 0; i < 30; i++) {
        last = trainer.step(0.05);
      }
      assertThat(first).isCloseTo(Math.log(Tiny.CLASSES), within(0.2));
      assertThat(last).isLessThan(0.7 * first);
    }
  }

  @Test
  void deterministicStepsDoNotDependOnTheThreads() {
    assertThat(weightsAfterSteps(new DeviceOptions(1, true)))
        .isEqualTo(weightsAfterSteps(new DeviceOptions(2, true)))
        .isEqualTo(weightsAfterSteps(new DeviceOptions(3, true)));
  }

  @Test
  void stepsRepeatBitForBit() {
    assertThat(weightsAfterSteps(new DeviceOptions(2, false)))
        .isEqualTo(weightsAfterSteps(new DeviceOptions(2, false)));
  }

  private static float[] weightsAfterSteps(DeviceOptions options) {
    try (Device device = Device.open("cpu", options);
        Network network = Tiny.network(Stem.FULL).on(device).initialize(3);
        Trainer trainer = Trainer.of(network, INPUT, DType.F32)) {
      for (int i = 0; i < 3; i++) {
        Tiny.fill(trainer.plan(), i);
        trainer.step(0.05);
      }
      return network.parameters().flatValues().toFloats();
    }
  }

  @Test
  void sharesMemoryAndReportsIt() {
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.FULL).on(device).initialize(3);
        Trainer trainer = Trainer.of(network, INPUT, DType.F32)) {
      Plan plan = trainer.plan().steps();
      assertThat(plan.arenaBytes()).isLessThan(plan.unsharedBytes() * 3 / 4);
      assertThat(plan.memoryReport()).contains("layer1.0.conv2").contains("in place of");
      plan.profile(true);
      Tiny.fill(trainer.plan(), 1);
      trainer.step(0.01);
      assertThat(plan.timeReport()).contains("mean of 1 runs").contains("layer2.0.conv2 dweight");
    }
  }

  @Test
  void inferenceSharesItsWeightsWithTraining() {
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.SMALL).on(device).initialize(3);
        InferencePlan inference = network.inference(INPUT, DType.F32);
        Trainer trainer = Trainer.of(network, INPUT, DType.F32)) {
      Tiny.fill(trainer.plan(), 1);
      inference.input().copyFrom(trainer.plan().input().toFloats());
      float[] before = inference.run().toFloats();
      trainer.step(0.1);
      assertThat(inference.run().toFloats()).isNotEqualTo(before);
    }
  }
}
