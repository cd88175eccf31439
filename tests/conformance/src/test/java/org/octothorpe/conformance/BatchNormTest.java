package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.BatchNorm;

class BatchNormTest {
  private static final double UNIT = 0x1p-24; // half the distance from 1 to the next F32

  /** Device, type, line, and whether ReLU and residual are fused in. */
  static Stream<Arguments> cases() {
    return Cases.of("batch_norm")
        .flatMap(
            c ->
                Stream.of(0, 1, 2, 3)
                    .map(
                        fused ->
                            Arguments.of(
                                c.get()[0],
                                c.get()[1],
                                c.get()[2],
                                (fused & 1) != 0,
                                (fused & 2) != 0)));
  }

  @ParameterizedTest(name = "{0} {1} {2} relu={3} residual={4}")
  @MethodSource("cases")
  void trainingMatchesDouble(String name, DType dtype, int[] line, boolean relu, boolean residual) {
    for (float mean : new float[] {0, 100}) {
      try (Workbench on = new Workbench(name, 2)) {
        Layer layer = new Layer(on, dtype, line, relu, residual, mean);
        layer.runTraining();
        layer.expectTraining();
      }
    }
  }

  @ParameterizedTest(name = "{0} {1} {2} relu={3} residual={4}")
  @MethodSource("cases")
  void inferenceMatchesDouble(
      String name, DType dtype, int[] line, boolean relu, boolean residual) {
    try (Workbench on = new Workbench(name, 2)) {
      Layer layer = new Layer(on, dtype, line, relu, residual, 0);
      layer.runInference();
      float[] means = layer.runningMean.toFloats();
      float[] variances = layer.runningVariance.toFloats();
      for (int c = 0; c < layer.channels; c++) {
        double rstd = 1 / Math.sqrt(variances[c] + (double) layer.norm.epsilon());
        layer.expectOutput(c, means[c], rstd, 0, UNIT);
        layer.expectGradients(c, means[c], rstd, true);
      }
      assertThat(means).isEqualTo(layer.startMean); // and not updated
      assertThat(variances).isEqualTo(layer.startVariance);
    }
  }

  @ParameterizedTest(name = "{0} {1} {2} relu={3} residual={4}")
  @MethodSource("cases")
  void anyNumberOfThreadsGivesTheSameBits(
      String name, DType dtype, int[] line, boolean relu, boolean residual) {
    IntFunction<float[][]> run =
        threads -> {
          try (Workbench on = new Workbench(name, threads)) {
            Layer layer = new Layer(on, dtype, line, relu, residual, 3);
            layer.runTraining();
            return Stream.of(layer.y, layer.dx, layer.dweight, layer.dbias, layer.runningVariance)
                .map(Tensor::toFloats)
                .toArray(float[][]::new);
          }
        };
    float[][] expected = run.apply(1);
    assertThat(run.apply(2)).isDeepEqualTo(expected);
    assertThat(run.apply(3)).isDeepEqualTo(expected);
  }

  /** The derivative of the sum of dy y along a random direction of x, weight, bias and residual. */
  @Test
  void gradientsAreFiniteDifferences() {
    int[] line = {2, 3, 3, 5};
    for (String name : Devices.names()) {
      for (boolean training : new boolean[] {true, false}) {
        try (Workbench on = new Workbench(name, 1)) {
          Layer layer = new Layer(on, DType.F32, line, false, true, 0);
          float[] dy = layer.dy.toFloats();
          layer.run(training);
          Tensor[][] pairs = {
            {layer.x, layer.dx},
            {layer.weight, layer.dweight},
            {layer.bias, layer.dbias},
            {layer.residual, layer.dresidual}
          };
          for (Tensor[] pair : pairs) {
            layer.run(training);
            float[] gradient = pair[1].toFloats();
            float[] at = pair[0].toFloats();
            float[] step = on.random(DType.F32, pair[0].shape(), 9, -1, 1).toFloats();
            double h = 0x1p-5;
            double[] sums = new double[5];
            for (int k = -2; k <= 2; k++) {
              float[] moved = at.clone();
              for (int i = 0; i < moved.length; i++) {
                moved[i] += (float) (k * h * step[i]);
              }
              pair[0].copyFrom(moved);
              layer.run(training);
              sums[k + 2] = Workbench.dot(layer.y.toFloats(), dy);
            }
            pair[0].copyFrom(at);
            double derivative = (8 * (sums[3] - sums[1]) - (sums[4] - sums[0])) / (12 * h);
            // Rounding: 90 outputs below 8 in size, off by at most 8 roundings, weighted 18 / (12
            // h).
            // Truncation: h^4 / 30 times a fifth derivative of at most 90 * 5!.
            double tolerance = 90 * 8 * 8 * UNIT * 18 / (12 * h) + Math.pow(h, 4) / 30 * 90 * 120;
            Workbench.near("derivative", 0, Workbench.dot(gradient, step), derivative, tolerance);
          }
        }
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1)) {
      Layer layer = new Layer(on, DType.F32, new int[] {1, 1, 1, 3}, false, false, 0);
      assertThatThrownBy(layer::runTraining)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("batch_norm_forward_training", "N H W must be >= 2");
      assertThatThrownBy(
              () ->
                  new BatchNorm(0, 0.1f, false)
                      .forwardInference(
                          on.device,
                          layer.x,
                          layer.weight,
                          layer.bias,
                          null,
                          layer.runningMean,
                          layer.runningVariance,
                          layer.y)
                      .run())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("epsilon is 0", "> 0");
    }
  }

  /** The tensors of one layer, and what they must hold. */
  private static final class Layer {
    final Workbench on;
    final DType dtype;
    final int rows;
    final int channels;
    final boolean fusedResidual;
    final BatchNorm norm;
    final Tensor x;
    final Tensor residual;
    final Tensor dy;
    final Tensor weight;
    final Tensor bias;
    final Tensor runningMean;
    final Tensor runningVariance;
    final float[] startMean;
    final float[] startVariance;
    final Tensor savedMean;
    final Tensor savedRstd;
    final Tensor y;
    final Tensor dx;
    final Tensor dresidual;
    final Tensor dweight;
    final Tensor dbias;
    final Tensor workspace;
    private final IdentityHashMap<Tensor, float[]> read = new IdentityHashMap<>();

    Layer(Workbench on, DType dtype, int[] line, boolean relu, boolean fusedResidual, float mean) {
      this.on = on;
      this.dtype = dtype;
      this.fusedResidual = fusedResidual;
      Shape shape = Workbench.nhwc(line);
      Shape vector = Shape.of(line[3]);
      rows = line[0] * line[1] * line[2];
      channels = line[3];
      norm = new BatchNorm(1e-5f, 0.1f, relu);
      x = on.random(dtype, shape, 1, mean - 1, mean + 1);
      residual = on.random(dtype, shape, 2, -1, 1);
      dy = on.random(dtype, shape, 3, -1, 1);
      weight = on.random(DType.F32, vector, 4, -2, 2);
      bias = on.random(DType.F32, vector, 5, -1, 1);
      runningMean = on.random(DType.F32, vector, 6, -1, 1);
      runningVariance = on.random(DType.F32, vector, 7, 0.5, 2);
      startMean = runningMean.toFloats();
      startVariance = runningVariance.toFloats();
      savedMean = on.empty(DType.F32, vector);
      savedRstd = on.empty(DType.F32, vector);
      y = on.empty(dtype, shape);
      dx = on.empty(dtype, shape);
      dresidual = on.empty(dtype, shape);
      dweight = on.empty(DType.F32, vector);
      dbias = on.empty(DType.F32, vector);
      workspace = on.empty(DType.U8, Shape.of(BatchNorm.workspaceBytes(on.device, x)));
    }

    void run(boolean training) {
      if (training) {
        runTraining();
      } else {
        runInference();
      }
    }

    void runTraining() {
      read.clear();
      norm.forwardTraining(
              on.device,
              x,
              weight,
              bias,
              fusedResidual ? residual : null,
              runningMean,
              runningVariance,
              savedMean,
              savedRstd,
              y,
              workspace)
          .run();
      norm.backwardTraining(
              on.device,
              x,
              mask(),
              weight,
              savedMean,
              savedRstd,
              dy,
              dx,
              fusedResidual ? dresidual : null,
              dweight,
              dbias,
              workspace)
          .run();
    }

    void runInference() {
      read.clear();
      norm.forwardInference(
              on.device,
              x,
              weight,
              bias,
              fusedResidual ? residual : null,
              runningMean,
              runningVariance,
              y)
          .run();
      norm.backwardInference(
              on.device,
              x,
              mask(),
              weight,
              runningMean,
              runningVariance,
              dy,
              dx,
              fusedResidual ? dresidual : null,
              dweight,
              dbias,
              workspace)
          .run();
    }

    private @Nullable Tensor mask() {
      return norm.relu() ? y : null;
    }

    /** The values after the last run, read once. */
    private float[] values(Tensor tensor) {
      return read.computeIfAbsent(tensor, Tensor::toFloats);
    }

    /** Values of one channel, by row. */
    private double[] channel(Tensor tensor, int c) {
      float[] values = values(tensor);
      double[] result = new double[rows];
      Arrays.setAll(result, r -> values[r * channels + c]);
      return result;
    }

    /**
     * A bound of the relative error of F32 sums over the rows: at most 1,024 of them are added in
     * F32, chunks are merged in F64.
     */
    private double sumError() {
      return (Math.min(rows, 1024) + 6) * UNIT;
    }

    void expectTraining() {
      float[] means = savedMean.toFloats();
      float[] rstds = savedRstd.toFloats();
      float[] newMean = runningMean.toFloats();
      float[] newVariance = runningVariance.toFloats();
      for (int c = 0; c < channels; c++) {
        double[] values = channel(x, c);
        double mean = Arrays.stream(values).average().orElseThrow();
        double variance = 0;
        double deviation = 0;
        for (double value : values) {
          variance += (value - mean) * (value - mean) / rows;
          deviation += Math.abs(value - mean) / rows;
        }
        // The mean is rounded; the deviations from it are summed with the sums' own error.
        double meanError = 3 * UNIT * Math.abs(mean) + sumError() * deviation;
        double spread = variance + norm.epsilon();
        // The error of the mean enters squared; an error of the variance counts half in rstd.
        double varianceError = sumError() + meanError * meanError / spread;
        double rstd = 1 / Math.sqrt(spread);
        double rstdError = varianceError / 2 + UNIT;
        Workbench.near("mean", c, mean, means[c], meanError);
        Workbench.near("rstd", c, rstd, rstds[c], rstd * rstdError);
        double take = norm.momentum();
        double expectedMean = (1 - take) * startMean[c] + take * mean;
        double expectedVariance =
            (1 - take) * startVariance[c] + take * variance * rows / (rows - 1);
        Workbench.near(
            "running mean",
            c,
            expectedMean,
            newMean[c],
            take * meanError + UNIT * Math.abs(expectedMean));
        Workbench.near(
            "running variance",
            c,
            expectedVariance,
            newVariance[c],
            2 * take * varianceError * spread + UNIT * expectedVariance);
        expectOutput(c, mean, rstd, meanError, rstdError);
        expectGradients(c, means[c], rstds[c], false);
      }
    }

    /** y of one channel; the errors are those of the statistics that the pass used. */
    void expectOutput(int c, double mean, double rstd, double meanError, double rstdError) {
      double w = values(weight)[c];
      double b = values(bias)[c];
      double[] input = channel(x, c);
      double[] rest = channel(residual, c);
      double[] actual = channel(y, c);
      for (int r = 0; r < rows; r++) {
        double normal = (input[r] - mean) * rstd * w;
        double add = fusedResidual ? rest[r] : 0;
        double expected = normal + b + add;
        if (norm.relu()) {
          expected = Math.max(expected, 0);
        }
        // Difference, scale (twice) and product round what they give, so do two sums; then the
        // rounding to the type.
        double tolerance =
            Math.abs(w) * rstd * meanError
                + Math.abs(normal) * (rstdError + 4 * UNIT)
                + 2 * UNIT * (Math.abs(normal) + Math.abs(b) + Math.abs(add))
                + 1.01 * Workbench.rounding(dtype) * Math.abs(expected);
        Workbench.near("y of channel " + c, r, expected, actual[r], tolerance);
      }
    }

    /** Gradients of one channel, from the library's own statistics and its own mask, y &gt; 0. */
    void expectGradients(int c, double mean, double rstd, boolean constant) {
      double w = values(weight)[c];
      double[] input = channel(x, c);
      double[] output = channel(y, c);
      double[] gradient = channel(dy, c);
      double[] actual = channel(dx, c);
      double[] passed = channel(dresidual, c);
      double sum = 0;
      double sumSize = 0;
      double dot = 0;
      double dotSize = 0;
      for (int r = 0; r < rows; r++) {
        gradient[r] = norm.relu() && !(output[r] > 0) ? 0 : gradient[r];
        double normal = (input[r] - mean) * rstd;
        sum += gradient[r];
        sumSize += Math.abs(gradient[r]);
        dot += gradient[r] * normal;
        dotSize += Math.abs(gradient[r] * normal);
      }
      Workbench.near("dbias", c, sum, values(dbias)[c], sumError() * sumSize);
      Workbench.near("dweight", c, dot, values(dweight)[c], (sumError() + 3 * UNIT) * dotSize);
      for (int r = 0; r < rows; r++) {
        double normal = (input[r] - mean) * rstd;
        double scale = w * rstd;
        double expected =
            constant
                ? scale * gradient[r]
                : scale * (gradient[r] - sum / rows - normal * dot / rows);
        // The sums' own errors, and at most eight roundings of the terms' sizes.
        double sums = constant ? 0 : (sumSize + Math.abs(normal) * dotSize) / rows;
        double tolerance =
            Math.abs(scale) * (sumError() * sums + 8 * UNIT * (Math.abs(gradient[r]) + sums))
                + 1.01 * Workbench.rounding(dtype) * Math.abs(expected);
        Workbench.near("dx of channel " + c, r, expected, actual[r], tolerance);
        if (fusedResidual) {
          Workbench.near("dresidual of channel " + c, r, gradient[r], passed[r], 0);
        }
      }
    }
  }
}
