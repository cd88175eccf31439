package org.octothorpe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.Linear;
import org.octothorpe.ops.LinearSoftmax;
import org.octothorpe.ops.Relu;

/** The life of a call: prepared, bound, run, closed. Kernels of every provider obey it. */
class CallTest {
  /**
   * A dense convolution, of a vendor on a device that asks for speed, of this library otherwise.
   */
  private static final GroupedConv DENSE = GroupedConv.of(1, 1, 1);

  private static final Shape X = Shape.nhwc(2, 8, 8, 64);
  private static final Shape WEIGHT = Shape.of(32, 3, 3, 64);
  private static final Shape Y = Shape.nhwc(2, 8, 8, 32);

  private static Device open(boolean deterministic) {
    return Device.open("cpu", new DeviceOptions(2, deterministic));
  }

  private static void assertState(String message, ThrowingCallable use) {
    assertThatThrownBy(use).isInstanceOf(IllegalStateException.class).hasMessageContaining(message);
  }

  private static Tensor filled(Device device, Shape shape, float value) {
    Tensor tensor = device.allocate(DType.F32, shape);
    float[] values = new float[Math.toIntExact(shape.elements())];
    Arrays.fill(values, value);
    tensor.copyFrom(values);
    return tensor;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCallIsPreparedBeforeItsTensorsHaveMemory(boolean deterministic) {
    try (Device device = open(deterministic);
        Tensor x = device.unbound(DType.F32, X);
        Tensor weight = filled(device, WEIGHT, 1);
        Tensor y = device.allocate(DType.F32, Y);
        Call call = DENSE.forward(x, weight, null, y);
        Tensor scratch = scratch(device, call)) {
      assertState("is used before it has memory", call::run);
      assertState("is used before it has memory", () -> call.bind(scratch));
      try (Tensor memory = filled(device, X, 1)) {
        x.bind(memory, 0);
        call.run();
        // The middle of the image sees all 9 taps of all 64 channels, a corner sees 4 taps.
        assertThat(y.toFloats()).contains(9 * 64f, 4 * 64f).doesNotContain(0f);
      }
    }
  }

  private static Tensor scratch(Device device, Call call) {
    return device.allocate(DType.U8, Shape.of(Math.max(1, call.workspaceBytes())));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCallThatIsBoundAgainComputesInTheOtherMemory(boolean deterministic) {
    try (Device device = open(deterministic);
        Tensor x = device.unbound(DType.F32, X);
        Tensor weight = filled(device, WEIGHT, 1);
        Tensor y = device.unbound(DType.F32, Y);
        Tensor firstX = filled(device, X, 1);
        Tensor secondX = filled(device, X, 2);
        Tensor firstY = filled(device, Y, -1);
        Tensor secondY = filled(device, Y, -1);
        Call call = DENSE.forward(x, weight, null, y);
        Tensor firstScratch = scratch(device, call);
        Tensor secondScratch = scratch(device, call)) {
      x.bind(firstX, 0);
      y.bind(firstY, 0);
      call.bind(firstScratch).run();
      float[] once = firstY.toFloats();
      firstY.zero();
      x.bind(secondX, 0);
      y.bind(secondY, 0);
      // Addresses are taken by bind: until then the call computes where it was bound.
      call.run();
      assertThat(firstY.toFloats()).isEqualTo(once);
      assertThat(secondY.toFloats()).containsOnly(-1);
      firstY.zero();
      call.bind(secondScratch);
      call.run();
      assertThat(firstY.toFloats()).containsOnly(0);
      float[] twice = secondY.toFloats();
      for (int i = 0; i < once.length; i++) {
        assertThat(twice[i]).isEqualTo(2 * once[i]); // sums of small integers: exact in any order
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClosedCallDoesNotRun(boolean deterministic) {
    try (Device device = open(deterministic);
        Tensor x = filled(device, X, 1);
        Tensor weight = filled(device, WEIGHT, 1);
        Tensor y = device.allocate(DType.F32, Y)) {
      Call bound = DENSE.forward(x, weight, null, y);
      bound.run();
      bound.close();
      bound.close();
      assertState("used after close", bound::run);
      assertState("used after close", () -> bound.bind(null));
      Call unbound = DENSE.forward(x, weight, null, y);
      unbound.close();
      assertState("used after close", unbound::run);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCallOfAClosedTensorDoesNotRun(boolean deterministic) {
    try (Device device = open(deterministic);
        Tensor x = filled(device, X, 1);
        Tensor y = device.allocate(DType.F32, Y)) {
      Tensor weight = filled(device, WEIGHT, 1);
      try (Call call = DENSE.forward(x, weight, null, y);
          Call neverBound = DENSE.forward(x, weight, null, y)) {
        call.run();
        weight.close();
        assertState("a tensor F32[32,3,3,64] is used after close", call::run);
        assertState("a tensor F32[32,3,3,64] is used after close", neverBound::run);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCallOfAClosedDeviceDoesNotRun(boolean deterministic) {
    Device device = open(deterministic);
    Tensor x = filled(device, X, 1);
    Tensor weight = filled(device, WEIGHT, 1);
    Tensor y = device.allocate(DType.F32, Y);
    Tensor scratch;
    try (Call bound = DENSE.forward(x, weight, null, y);
        Call unbound = DENSE.forward(x, weight, null, y)) {
      scratch = scratch(device, bound);
      bound.bind(scratch).run();
      device.close();
      assertState("the device cpu is closed", bound::run);
      assertState("the device cpu is closed", unbound::run);
      assertState("the device cpu is closed", () -> DENSE.forward(x, weight, null, y));
    }
    // Too late to give their memory back.
    for (Tensor tensor : new Tensor[] {x, weight, y, scratch}) {
      assertState("the device cpu is closed", tensor::close);
    }
  }

  @Test
  void aWorkspaceThatIsMissingOrTooSmallIsRefused() {
    try (Device device = open(true);
        Tensor x = filled(device, X, 1);
        Tensor weight = filled(device, WEIGHT, 1);
        Tensor y = device.allocate(DType.F32, Y);
        Call call = DENSE.forward(x, weight, null, y);
        Tensor small = device.allocate(DType.U8, Shape.of(1))) {
      assertThat(call.workspaceBytes()).isGreaterThan(1);
      assertThatThrownBy(() -> call.bind(null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "grouped_conv_forward: workspace is null, but must have at least "
                  + call.workspaceBytes()
                  + " bytes");
      assertThatThrownBy(() -> call.bind(small))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "grouped_conv_forward: the workspace has 1 bytes, but "
                  + call.workspaceBytes()
                  + " are needed");
      // A bind that failed leaves nothing bound: the call binds itself.
      call.run();
      assertThat(y.toFloats()).contains(9 * 64f);
    }
  }

  @Test
  void anAbsentTensorAndOneOfAnotherDeviceAreRefused() {
    try (Device device = open(true);
        Device other = open(true);
        Tensor x = filled(device, Shape.of(2, 3), 1);
        Tensor elsewhere = filled(other, Shape.of(2, 3), 1);
        Tensor labels = device.allocate(DType.I32, Shape.of(2));
        Tensor offsets = device.allocate(DType.I32, Shape.of(3));
        Tensor loss = device.allocate(DType.F32, Shape.of(2))) {
      assertThatThrownBy(() -> Relu.forward(x, elsewhere))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("relu_forward: its tensors are on cpu and on another cpu");
      Tensor none = absent();
      assertThatThrownBy(
              () ->
                  new LinearSoftmax(0, 1)
                      .forwardBackward(x, none, null, offsets, labels, loss, null, null, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("linear_softmax_cross_entropy", "weight is missing");
    }
  }

  @SuppressWarnings("NullAway") // what a caller without a null checker may do
  private static Tensor absent() {
    return null;
  }

  @Test
  void aCallKnowsItsOperationAndWhoComputesIt() {
    try (Device device = open(true);
        Tensor x = filled(device, Shape.of(2, 3), 1);
        Tensor weight = filled(device, Shape.of(4, 3), 1);
        Tensor y = device.allocate(DType.F32, Shape.of(2, 4));
        Call call = Linear.forward(x, weight, null, y)) {
      assertThat(call.name()).isEqualTo("linear_forward");
      assertThat(call.provider()).isEqualTo("octothorpe");
      assertThat(call.kernel()).isEmpty();
      call.run();
      assertThat(y.toFloats()).containsOnly(3);
    }
  }
}
