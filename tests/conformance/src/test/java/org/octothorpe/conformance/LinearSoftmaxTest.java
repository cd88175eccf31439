package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.LinearSoftmax;
import org.octothorpe.oracle.NaiveConv;
import org.octothorpe.oracle.NaiveSoftmax;
import org.octothorpe.oracle.Sums;

class LinearSoftmaxTest {
  private static final float SCALE = 0.25f;

  static Stream<Arguments> cases() {
    return Cases.spread("linear_softmax", 5);
  }

  @ParameterizedTest(name = "{0} {1} B={2} D={3} V={4} chunk={5} k={6}")
  @MethodSource("cases")
  void matchesDouble(String name, DType dtype, int b, int d, int v, int chunk, int k) {
    try (Device device = Workbench.open(name, 2);
        Head head = new Head(device, dtype, b, d, v, k)) {
      head.run(chunk);
      float[] x = head.x.toFloats();
      float[] weight = head.weight.toFloats();
      float[] bias = head.bias.toFloats();
      float[] loss = head.loss.toFloats();
      double rounding = dtype == DType.BF16 ? 0x1p-8 : 0x1p-24;
      double[][] gradient = new double[b][v];
      double[][] error = new double[b][v];
      Sums logits =
          NaiveConv.linear(b, d, v)
              .forward(Workbench.doubles(x), Workbench.doubles(weight), Workbench.doubles(bias));
      for (int row = 0; row < b; row++) {
        double off = 0;
        for (int j = 0; j < v; j++) {
          // D + 1 terms in any order.
          off = Math.max(off, (d + 4) * 0x1p-24 * logits.magnitude[row * v + j]);
        }
        double[] counts = head.labels.counts(row);
        double[] values = Arrays.copyOfRange(logits.value, row * v, (row + 1) * v);
        NaiveSoftmax naive = NaiveSoftmax.of(values, counts);
        for (int j = 0; j < v; j++) {
          gradient[row][j] = SCALE * naive.gradient(j);
          // A logit that is off by e changes a probability by 2 e, relative; 2^-15 are the
          // exponentials and their sum (SoftmaxCrossEntropyTest). Then the type's rounding.
          error[row][j] =
              SCALE
                      * ((2 * off + 0x1p-15) * naive.probabilities()[j]
                          + (counts[j] + 2) * 0x1p-24 * naive.targets()[j])
                  + rounding * Math.abs(gradient[row][j]);
        }
        assertThat((double) loss[row])
            .isCloseTo(naive.loss(), within(2 * off + 0x1p-15 + 0x1p-23 * naive.loss()));
      }
      check(
          "dx",
          head.dx,
          b,
          d,
          v,
          (i, j, t) -> gradient[i][t],
          (i, j, t) -> weight[t * d + j],
          error,
          false);
      check(
          "dweight",
          head.dweight,
          v,
          d,
          b,
          (i, j, t) -> gradient[t][i],
          (i, j, t) -> x[t * d + j],
          error,
          true);
      check("dbias", head.dbias, v, 1, b, (i, j, t) -> gradient[t][i], (i, j, t) -> 1, error, true);
    }
  }

  @FunctionalInterface
  private interface Factor {
    double at(int row, int column, int term);
  }

  /**
   * Every element is a sum of products of a logit's gradient, which is off by its error, and an
   * exact factor; n terms in F32 are off by (n + 2) 2^-24 of their magnitudes; BF16 is then
   * rounded.
   */
  private static void check(
      String what,
      Tensor actual,
      int rows,
      int columns,
      int terms,
      Factor gradient,
      Factor factor,
      double[][] error,
      boolean termIsRow) {
    float[] values = actual.toFloats();
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        double sum = 0;
        double tolerance = 0;
        double magnitude = 0;
        for (int t = 0; t < terms; t++) {
          double f = factor.at(i, j, t);
          double term = gradient.at(i, j, t) * f;
          sum += term;
          magnitude += Math.abs(term);
          tolerance += (termIsRow ? error[t][i] : error[i][t]) * Math.abs(f);
        }
        tolerance +=
            (terms + 4) * 0x1p-24 * magnitude
                + (actual.dtype() == DType.BF16 ? 0x1p-8 * Math.abs(sum) : 0);
        double off = Math.abs(values[i * columns + j] - sum);
        if (!(off <= tolerance * (1 + 0x1p-6))) {
          throw new AssertionError(
              what
                  + "["
                  + i
                  + ","
                  + j
                  + "] is "
                  + values[i * columns + j]
                  + ", expected "
                  + sum
                  + " +- "
                  + tolerance);
        }
      }
    }
  }

  @ParameterizedTest(name = "{0} {1} B={2} D={3} V={4} chunk={5} k={6}")
  @MethodSource("cases")
  void anyNumberOfThreadsGivesTheSameBits(
      String name, DType dtype, int b, int d, int v, int chunk, int k) {
    IntFunction<float[][]> run =
        threads -> {
          try (Device device = Workbench.open(name, threads);
              Head head = new Head(device, dtype, b, d, v, k)) {
            head.run(chunk);
            return new float[][] {
              head.loss.toFloats(),
              head.dx.toFloats(),
              head.dweight.toFloats(),
              head.dbias.toFloats()
            };
          }
        };
    assertThat(run.apply(2)).isDeepEqualTo(run.apply(1));
  }

  /** The derivative of the summed loss along a random direction of each input. */
  @Test
  void gradientsAreFiniteDifferences() {
    for (String name : Devices.names()) {
      for (int chunk : new int[] {0, 5}) {
        try (Device device = Workbench.open(name, 2);
            Head head = new Head(device, DType.F32, 3, 8, 11, 2)) {
          head.run(chunk);
          for (Tensor[] pair :
              new Tensor[][] {
                {head.x, head.dx}, {head.weight, head.dweight}, {head.bias, head.dbias}
              }) {
            float[] at = pair[0].toFloats();
            float[] gradient = pair[1].toFloats();
            float h = 0x1p-5f;
            double expected = 0;
            double difference = 0;
            try (Tensor direction = Values.random(device, DType.F32, pair[0].shape(), 9, 1)) {
              float[] step = direction.toFloats();
              for (int i = 0; i < at.length; i++) {
                expected += (double) gradient[i] * step[i] / SCALE;
              }
              for (int side = -1; side <= 1; side += 2) {
                float[] moved = at.clone();
                for (int i = 0; i < at.length; i++) {
                  moved[i] += side * h * step[i];
                }
                pair[0].copyFrom(moved);
                head.run(chunk);
                for (float loss : head.loss.toFloats()) {
                  difference += side * (double) loss;
                }
              }
              pair[0].copyFrom(at);
              head.run(chunk);
            }
            // The logits are linear in each input; a step moves one by at most 8 h, so the third
            // derivative of a row's loss along it is at most 0.1 (2 * 8)^3 (differences of logits
            // count): h^2 / 6 of that for 3 rows. Rounding: 3 losses below 32 with 2^-20, over 2 h.
            double tolerance = h * h / 6 * 0.1 * 4096 * 3 + 2 * 3 * 32 * 0x1p-20 / (2 * h);
            assertThat(difference / (2 * h)).isCloseTo(expected, within(tolerance));
          }
        }
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Device device = Workbench.open("cpu", 1);
        Head head = new Head(device, DType.F32, 2, 3, 10, 2)) {
      assertThatThrownBy(() -> head.run(11))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("linear_softmax", "chunk is 11", "[0,10]");
      head.labels.labels[0] = 10;
      head.labels.upload();
      assertThatThrownBy(() -> head.run(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("row 0", "label 10", "[0,10)");
    }
  }

  /** The tensors of one head; the logits of the label batch are not used. */
  private static final class Head implements AutoCloseable {
    final LabelBatch labels;
    final Tensor x;
    final Tensor weight;
    final Tensor bias;
    final Tensor loss;
    final Tensor dx;
    final Tensor dweight;
    final Tensor dbias;

    Head(Device device, DType dtype, int b, int d, int v, int k) {
      labels = new LabelBatch(device, DType.F32, b, v, 1, k);
      x = Values.random(device, dtype, Shape.of(b, d), 1, 1);
      weight = Values.random(device, dtype, Shape.of(v, d), 2, 1);
      bias = Values.random(device, DType.F32, Shape.of(v), 3, 1);
      loss = device.allocate(DType.F32, Shape.of(b));
      dx = device.allocate(dtype, Shape.of(b, d));
      dweight = device.allocate(DType.F32, Shape.of(v, d));
      dbias = device.allocate(DType.F32, Shape.of(v));
    }

    void run(long chunk) {
      labels.run(
          (logits, offsets, list, unusedLoss, unusedGradient) ->
              new LinearSoftmax(chunk, SCALE)
                  .forwardBackward(x, weight, bias, offsets, list, loss, dx, dweight, dbias));
    }

    @Override
    public void close() {
      labels.close();
      for (Tensor tensor : new Tensor[] {x, weight, bias, loss, dx, dweight, dbias}) {
        tensor.close();
      }
    }
  }
}
