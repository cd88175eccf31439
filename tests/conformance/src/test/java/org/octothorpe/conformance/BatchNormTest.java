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
import org.octothorpe.oracle.NaiveBatchNorm;
import org.octothorpe.oracle.Rounding;

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
      NaiveBatchNorm naive =
          layer.naive().given(Workbench.doubles(means), Workbench.doubles(variances));
      double[] rstdErrors = new double[layer.channels];
      Arrays.fill(rstdErrors, UNIT);
      layer.expectOutput(naive, new double[layer.channels], rstdErrors);
      layer.expectGradients(naive, true);
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
                          layer.x,
                          layer.weight,
                          layer.bias,
                          null,
                          layer.runningMean,
                          layer.runningVariance,
                          layer.y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("epsilon is 0", "> 0");
    }
  }

  /** The tensors of one layer, and what they must hold. */
  private static final class Layer {
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
    private final IdentityHashMap<Tensor, float[]> read = new IdentityHashMap<>();

    Layer(Workbench on, DType dtype, int[] line, boolean relu, boolean fusedResidual, float mean) {
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
      Tensor add = fusedResidual ? residual : null;
      Tensor dadd = fusedResidual ? dresidual : null;
      Workbench.run(
          norm.forwardTraining(
              x, weight, bias, add, runningMean, runningVariance, savedMean, savedRstd, y));
      Workbench.run(
          norm.backwardTraining(
              x, mask(), weight, savedMean, savedRstd, dy, dx, dadd, dweight, dbias));
    }

    void runInference() {
      read.clear();
      Tensor add = fusedResidual ? residual : null;
      Tensor dadd = fusedResidual ? dresidual : null;
      Workbench.run(norm.forwardInference(x, weight, bias, add, runningMean, runningVariance, y));
      Workbench.run(
          norm.backwardInference(
              x, mask(), weight, runningMean, runningVariance, dy, dx, dadd, dweight, dbias));
    }

    private @Nullable Tensor mask() {
      return norm.relu() ? y : null;
    }

    /** The values after the last run, read once. */
    private float[] values(Tensor tensor) {
      return read.computeIfAbsent(tensor, Tensor::toFloats);
    }

    /**
     * A bound of the relative error of F32 sums over the rows: at most 1,024 of them are added in
     * F32, chunks are merged in F64.
     */
    private double sumError() {
      return (Math.min(rows, 1024) + 6) * UNIT;
    }

    /** Returns the layer by plain loops, without statistics yet. */
    NaiveBatchNorm naive() {
      return new NaiveBatchNorm(
          Rounding.none(), norm.epsilon(), Workbench.doubles(values(x)), channels);
    }

    void expectTraining() {
      NaiveBatchNorm naive = naive().measured();
      double[] newMean = Workbench.doubles(startMean);
      double[] newVariance = Workbench.doubles(startVariance);
      naive.update(newMean, newVariance, norm.momentum());
      double[] deviations = new double[channels];
      float[] input = values(x);
      for (int i = 0; i < input.length; i++) {
        deviations[i % channels] += Math.abs(input[i] - naive.mean[i % channels]) / rows;
      }
      double[] meanErrors = new double[channels];
      double[] rstdErrors = new double[channels];
      double take = norm.momentum();
      for (int c = 0; c < channels; c++) {
        double mean = naive.mean[c];
        // The mean is rounded; the deviations from it are summed with the sums' own error.
        meanErrors[c] = 3 * UNIT * Math.abs(mean) + sumError() * deviations[c];
        double spread = naive.variance[c] + norm.epsilon();
        // The error of the mean enters squared; an error of the variance counts half in rstd.
        double varianceError = sumError() + meanErrors[c] * meanErrors[c] / spread;
        rstdErrors[c] = varianceError / 2 + UNIT;
        Workbench.near("mean", c, mean, values(savedMean)[c], meanErrors[c]);
        double rstd = naive.rstd[c];
        Workbench.near("rstd", c, rstd, values(savedRstd)[c], rstd * rstdErrors[c]);
        Workbench.near(
            "running mean",
            c,
            newMean[c],
            values(runningMean)[c],
            take * meanErrors[c] + UNIT * Math.abs(newMean[c]));
        Workbench.near(
            "running variance",
            c,
            newVariance[c],
            values(runningVariance)[c],
            2 * take * varianceError * spread + UNIT * newVariance[c]);
      }
      expectOutput(naive, meanErrors, rstdErrors);
      // The backward pass is measured by the statistics that the forward pass left it.
      double[] means = Workbench.doubles(values(savedMean));
      expectGradients(naive().saved(means, Workbench.doubles(values(savedRstd))), false);
    }

    /** Checks y; the errors are those of the statistics that the pass used. */
    void expectOutput(NaiveBatchNorm naive, double[] meanErrors, double[] rstdErrors) {
      double[] weights = Workbench.doubles(values(weight));
      double[] biases = Workbench.doubles(values(bias));
      double[] rest = fusedResidual ? Workbench.doubles(values(residual)) : null;
      double[] expected = naive.forward(weights, biases, rest, norm.relu());
      float[] actual = values(y);
      for (int i = 0; i < actual.length; i++) {
        int c = i % channels;
        double normal = naive.normalized(i) * weights[c];
        double add = rest == null ? 0 : rest[i];
        // Difference, scale (twice) and product round what they give, so do two sums; then the
        // rounding to the type.
        double tolerance =
            Math.abs(weights[c]) * naive.rstd[c] * meanErrors[c]
                + Math.abs(normal) * (rstdErrors[c] + 4 * UNIT)
                + 2 * UNIT * (Math.abs(normal) + Math.abs(biases[c]) + Math.abs(add))
                + 1.01 * Workbench.rounding(dtype) * Math.abs(expected[i]);
        Workbench.near("y", i, expected[i], actual[i], tolerance);
      }
    }

    /** Checks the gradients, by the library's own statistics and its own mask, y &gt; 0. */
    void expectGradients(NaiveBatchNorm naive, boolean constant) {
      double[] weights = Workbench.doubles(values(weight));
      double[] mask = norm.relu() ? Workbench.doubles(values(y)) : null;
      NaiveBatchNorm.Gradients expected =
          naive.backward(weights, mask, Workbench.doubles(values(dy)), constant);
      double[] sumSizes = expected.dbiasTerms().magnitude;
      double[] dotSizes = expected.dweightTerms().magnitude;
      for (int c = 0; c < channels; c++) {
        Workbench.near("dbias", c, expected.dbias()[c], values(dbias)[c], sumError() * sumSizes[c]);
        Workbench.near(
            "dweight",
            c,
            expected.dweight()[c],
            values(dweight)[c],
            (sumError() + 3 * UNIT) * dotSizes[c]);
      }
      for (int i = 0; i < expected.dx().length; i++) {
        int c = i % channels;
        double dx = expected.dx()[i];
        double passed = expected.dresidual()[i];
        // The sums' own errors, and at most eight roundings of the terms' sizes.
        double sums =
            constant ? 0 : (sumSizes[c] + Math.abs(naive.normalized(i)) * dotSizes[c]) / rows;
        double tolerance =
            Math.abs(weights[c])
                    * naive.rstd[c]
                    * (sumError() * sums + 8 * UNIT * (Math.abs(passed) + sums))
                + 1.01 * Workbench.rounding(dtype) * Math.abs(dx);
        Workbench.near("dx", i, dx, values(this.dx)[i], tolerance);
        if (fusedResidual) {
          Workbench.near("dresidual", i, passed, values(dresidual)[i], 0);
        }
      }
    }
  }
}
