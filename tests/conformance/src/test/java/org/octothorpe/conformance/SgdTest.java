package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Sgd;
import org.octothorpe.oracle.NaiveSgd;
import org.octothorpe.oracle.Rounding;

class SgdTest {
  private static final float MOMENTUM = 0.9f;
  private static final float SCALE = 0.25f;

  static Stream<Arguments> cases() {
    return Devices.names().stream()
        .flatMap(
            device ->
                Stream.of(true, false)
                    .flatMap(
                        nesterov ->
                            Cases.lines("sgd", device)
                                .map(line -> Arguments.of(device, nesterov, line))));
  }

  @ParameterizedTest(name = "{0} nesterov={1} {2}")
  @MethodSource("cases")
  void stepsMatchTorchsOrderInDouble(String name, boolean nesterov, int[] line) {
    int n = line[0];
    Shape shape = Shape.of(n);
    long[] ends = new long[line[1]];
    float[] decays = new float[ends.length];
    for (int s = 0; s < ends.length; s++) {
      ends[s] = (long) n * (s + 1) / ends.length;
      decays[s] = s % 2 == 0 ? 0.05f : 0;
    }
    try (Workbench on = new Workbench(name, 2);
        Sgd sgd = new Sgd(on.device, MOMENTUM, nesterov)) {
      sgd.setGradientScale(SCALE);
      Tensor parameter = on.random(DType.F32, shape, 1, -1, 1);
      Tensor buffer = on.of(DType.F32, shape, new float[n]);
      Tensor rounded = on.empty(DType.BF16, shape);
      Tensor end = on.empty(DType.I64, Shape.of(ends.length));
      end.copyFrom(ends);
      Tensor decay = on.of(DType.F32, Shape.of(ends.length), decays);
      NaiveSgd naive = new NaiveSgd(Rounding.none(), MOMENTUM, nesterov);
      double[] exact = Workbench.doubles(parameter);
      double[] velocity = new double[n];
      double[] bound = new double[n];
      double[] velocityBound = new double[n];
      for (int step = 0; step < 4; step++) {
        float rate = 0.1f / (1 + step); // a changed rate must not scale the buffer
        sgd.setLearningRate(rate);
        Tensor gradient = on.random(DType.F32, shape, 10 + step, -1, 1);
        Workbench.run(sgd.step(parameter, gradient, buffer, rounded, end, decay));
        float[] gradients = gradient.toFloats();
        float[] actual = parameter.toFloats();
        float[] velocities = buffer.toFloats();
        float[] bf16 = rounded.toFloats();
        int s = 0;
        for (int i = 0; i < n; i++) {
          while (i >= ends[s]) {
            s++;
          }
          double scaled = (double) SCALE * gradients[i];
          double g = scaled + (double) decays[s] * exact[i];
          naive.step(i, exact, velocity, scaled, decays[s], rate);
          // At most four F32 roundings per buffer and three per parameter, of values that `size`
          // bounds; the errors of earlier steps go on with the factors of the formula.
          double size = Math.abs(g) + 2 * Math.abs(velocity[i]) + Math.abs(exact[i]) + 1;
          velocityBound[i] = MOMENTUM * velocityBound[i] + 0.05 * bound[i] + 4 * 0x1p-24 * size;
          bound[i] += 2 * rate * velocityBound[i] + 3 * 0x1p-24 * size;
          Workbench.near("buffer", i, velocity[i], velocities[i], velocityBound[i]);
          Workbench.near("parameter", i, exact[i], actual[i], bound[i]);
          assertThat(bf16[i]).isEqualTo(DType.fromBf16(DType.toBf16(actual[i])));
        }
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1);
        Sgd sgd = new Sgd(on.device, MOMENTUM, true)) {
      Tensor parameter = on.empty(DType.F32, Shape.of(4));
      Tensor gradient = on.empty(DType.F32, Shape.of(4));
      Tensor buffer = on.empty(DType.F32, Shape.of(4));
      Tensor end = on.empty(DType.I64, Shape.of(1));
      end.copyFrom(5L);
      Tensor decay = on.of(DType.F32, Shape.of(1), 0);
      try (Call step = sgd.step(parameter, gradient, buffer, null, end, decay)) {
        assertThatThrownBy(step::run)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("sgd_step", "segment_ends is 5", "4");
        end.copyFrom(4L);
        sgd.setLearningRate(Float.NaN);
        assertThatThrownBy(step::run)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("learning_rate is nan", "finite");
      }
    }
  }
}
