package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Linear;
import org.octothorpe.ops.Sgd;
import org.octothorpe.oracle.NaiveConv;

class LinearTest {
  /**
   * The emulated device takes 20 s per pass for 100,003 outputs, which only the CPU tiles
   * otherwise.
   */
  private static final int MOST_EMULATED_OUTPUTS = 20_000;

  static Stream<Arguments> cases() {
    return Cases.spread("linear", 3)
        .filter(
            arguments -> {
              int outputs = (int) arguments.get()[4];
              return !arguments.get()[0].equals("emulated") || outputs <= MOST_EMULATED_OUTPUTS;
            });
  }

  @ParameterizedTest(name = "{0} {1} B={2} D={3} V={4}")
  @MethodSource("cases")
  void matchesSumsInDouble(String name, DType dtype, int b, int d, int v) {
    try (Device device = Workbench.open(name, 2);
        Layer layer = new Layer(device, dtype, b, d, v)) {
      layer.run();
      NaiveConv naive = NaiveConv.linear(b, d, v);
      double[] x = Workbench.doubles(layer.x);
      double[] weight = Workbench.doubles(layer.weight);
      double[] dy = Workbench.doubles(layer.dy);
      Workbench.check("y", naive.forward(x, weight, Workbench.doubles(layer.bias)), layer.y);
      Workbench.check("dx", naive.backwardData(dy, weight), layer.dx);
      Workbench.check("dweight", naive.backwardWeight(x, dy), layer.dweight);
      Workbench.check("dbias", naive.backwardBias(dy), layer.dbias);
    }
  }

  @ParameterizedTest(name = "{0} {1} B={2} D={3} V={4}")
  @MethodSource("cases")
  void anyNumberOfThreadsGivesTheSameBits(String name, DType dtype, int b, int d, int v) {
    IntFunction<float[][]> run =
        threads -> {
          try (Device device = Workbench.open(name, threads);
              Layer layer = new Layer(device, dtype, b, d, v)) {
            layer.run();
            return new float[][] {
              layer.y.toFloats(),
              layer.dx.toFloats(),
              layer.dweight.toFloats(),
              layer.dbias.toFloats()
            };
          }
        };
    assertThat(run.apply(2)).isDeepEqualTo(run.apply(1));
  }

  @ParameterizedTest(name = "{0} {1} B={2} D={3} V={4}")
  @MethodSource("cases")
  void theWeightGradientEndsInAnSgdStep(String name, DType dtype, int b, int d, int v) {
    float decay = 0.0625f;
    Shape shape = Shape.of(v, d);
    try (Device device = Workbench.open(name, 2);
        Layer layer = new Layer(device, dtype, b, d, v);
        Tensor weight = Values.random(device, DType.F32, shape, 5, 1);
        Tensor buffer = Values.random(device, DType.F32, shape, 6, 1);
        Tensor half = device.allocate(DType.BF16, shape);
        Sgd sgd = new Sgd(device, 0.875f, true)) {
      sgd.setGradientScale(0.25f);
      sgd.setLearningRate(0.5f);
      float[] w = weight.toFloats();
      float[] momentum = buffer.toFloats();
      layer.run();
      float[] gradient = layer.dweight.toFloats();
      Workbench.run(Linear.backwardWeightSgd(sgd, decay, layer.x, layer.dy, weight, buffer, half));
      float[] newWeight = weight.toFloats();
      float[] newBuffer = buffer.toFloats();
      float[] rounded = half.toFloats();
      // Two sums of B terms below 1 in different orders, scaled; then 8 roundings of values below
      // 2 + B / 4.
      double tolerance = 0.25 * 2 * (b + 3) * 0x1p-24 * b + 8 * 0x1p-24 * (2 + b / 4.0);
      for (int i = 0; i < w.length; i++) {
        double g = 0.25 * gradient[i] + decay * (double) w[i];
        double expected = 0.875 * momentum[i] + g;
        double updated = w[i] - 0.5 * (g + 0.875 * expected);
        if (!(Math.abs(newBuffer[i] - expected) <= tolerance
            && Math.abs(newWeight[i] - updated) <= tolerance
            && Math.abs(rounded[i] - newWeight[i]) <= 0x1p-8 * Math.abs(newWeight[i]))) {
          throw new AssertionError(
              "weight "
                  + i
                  + " is "
                  + newWeight[i]
                  + ", expected "
                  + updated
                  + ", its buffer "
                  + newBuffer[i]
                  + ", expected "
                  + expected
                  + " +- "
                  + tolerance
                  + ", rounded "
                  + rounded[i]);
        }
      }
    }
  }

  /** The derivative of the sum of dy y along a random direction of each input. */
  @Test
  void gradientsAreFiniteDifferences() {
    int b = 3;
    int d = 20;
    int v = 17;
    for (String name : Devices.names()) {
      try (Device device = Workbench.open(name, 2);
          Layer layer = new Layer(device, DType.F32, b, d, v)) {
        layer.run();
        float[] dy = layer.dy.toFloats();
        for (Tensor[] pair :
            new Tensor[][] {
              {layer.x, layer.dx}, {layer.weight, layer.dweight}, {layer.bias, layer.dbias}
            }) {
          float[] at = pair[0].toFloats();
          float[] gradient = pair[1].toFloats();
          double expected = 0;
          double[] sums = new double[2];
          try (Tensor direction = Values.random(device, DType.F32, pair[0].shape(), 9, 1)) {
            float[] step = direction.toFloats();
            for (int i = 0; i < at.length; i++) {
              expected += (double) gradient[i] * step[i];
            }
            for (int side = 0; side < 2; side++) {
              float[] moved = at.clone();
              for (int i = 0; i < at.length; i++) {
                moved[i] += side == 0 ? step[i] : -step[i];
              }
              pair[0].copyFrom(moved);
              layer.runForward();
              float[] y = layer.y.toFloats();
              for (int i = 0; i < y.length; i++) {
                sums[side] += (double) y[i] * dy[i];
              }
            }
            pair[0].copyFrom(at);
          }
          // y is linear in each input, so a step of 1 has no truncation error. What is left is
          // rounding: B V = 51 outputs, each of
          // 21 terms of magnitude at most 2, off by at most 21 * 2 * 21 * 2^-24 each, and gradients
          // of the same kind.
          assertThat((sums[0] - sums[1]) / 2).isCloseTo(expected, within(2 * 51 * 882 * 0x1p-24));
        }
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Device device = Workbench.open("cpu", 1);
        Layer layer = new Layer(device, DType.F32, 2, 3, 4);
        Tensor narrow = device.allocate(DType.F32, Shape.of(2, 3))) {
      assertThatThrownBy(() -> Linear.forward(layer.x, layer.weight, null, narrow))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("linear_forward", "y", "[2,3]", "outputs V");
      try (Call call = Linear.forward(layer.x, layer.weight, null, layer.y)) {
        assertThat(call.workspaceBytes()).isPositive();
        assertThatThrownBy(() -> call.bind(null))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("linear_forward", "workspace is null", "must have");
      }
    }
  }

  /** The tensors of one layer. */
  private static final class Layer implements AutoCloseable {
    final Tensor x;
    final Tensor weight;
    final Tensor bias;
    final Tensor dy;
    final Tensor y;
    final Tensor dx;
    final Tensor dweight;
    final Tensor dbias;

    Layer(Device device, DType dtype, long b, long d, long v) {
      x = Values.random(device, dtype, Shape.of(b, d), 1, 1);
      weight = Values.random(device, dtype, Shape.of(v, d), 2, 1);
      bias = Values.random(device, DType.F32, Shape.of(v), 3, 1);
      dy = Values.random(device, dtype, Shape.of(b, v), 4, 1);
      y = device.allocate(dtype, Shape.of(b, v));
      dx = device.allocate(dtype, Shape.of(b, d));
      dweight = device.allocate(DType.F32, Shape.of(v, d));
      dbias = device.allocate(DType.F32, Shape.of(v));
    }

    void runForward() {
      Workbench.run(Linear.forward(x, weight, bias, y));
    }

    void run() {
      runForward();
      Workbench.run(Linear.backwardData(dy, weight, dx));
      Workbench.run(Linear.backwardWeight(x, dy, dweight, dbias));
    }

    @Override
    public void close() {
      for (Tensor tensor : new Tensor[] {x, weight, bias, dy, y, dx, dweight, dbias}) {
        tensor.close();
      }
    }
  }
}
