package org.octothorpe.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.octothorpe.Device;
import org.octothorpe.random.Philox;

class LogisticRegressionTest {
  private static final Device DEVICE = Device.open("cpu");

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  /** K clouds around the corners of a simplex, in D dimensions. */
  private static float[] clouds(int n, int d, int classes, double spread, int[] labels) {
    Philox random = Philox.of(1, "clouds");
    float[] x = new float[n * d];
    for (int i = 0; i < n; i++) {
      labels[i] = i % classes;
      for (int j = 0; j < d; j++) {
        x[i * d + j] = (float) ((j == labels[i] ? 3 : 0) + spread * random.nextGaussian());
      }
    }
    return x;
  }

  @Test
  void gradientAgreesWithFiniteDifferences() {
    int n = 23;
    int d = 5;
    int classes = 4;
    int[] labels = new int[n];
    float[] x = clouds(n, d, classes, 1, labels);
    LogisticRegression regression = new LogisticRegression(0.3, 1);
    Philox random = Philox.of(2, "point");
    double[] point = new double[classes * d + classes];
    for (int j = 0; j < point.length; j++) {
      point[j] = (float) (0.5 * random.nextGaussian());
    }
    try (FeatureMatrix matrix = new FeatureMatrix(DEVICE, n, d, classes)) {
      matrix.features(x);
      double[] gradient = new double[point.length];
      double[] unused = new double[point.length];
      regression.objective(matrix, labels, classes, point, gradient);
      double h = 0x1p-7;
      for (int j = 0; j < point.length; j++) {
        double center = point[j];
        point[j] = center + h;
        double above = regression.objective(matrix, labels, classes, point, unused);
        point[j] = center - h;
        double below = regression.objective(matrix, labels, classes, point, unused);
        point[j] = center;
        // Scores are F32 sums of 5 products of size <= 10: error 5 * 2^-24 * 10 = 3e-6 at worst,
        // divided by 2h = 2^-6: 2e-4. The truncation, h^2/6 |f'''| with |f'''| <= 27, is 3e-4.
        assertThat(gradient[j]).as("entry " + j).isCloseTo((above - below) / (2 * h), within(5e-4));
      }
    }
  }

  @Test
  void solvesTheOneFeatureCaseExactly() {
    // x = -1 for class 0 and +1 for class 1: standardised already. By symmetry W = (-w, w), b = 0,
    // and w is the root of l2 w = 1/(1 + exp(2w)) (the derivative of log(1 + exp(-2w)) + l2 w^2).
    double l2 = 0.1;
    LinearClassifier fit =
        new LogisticRegression(l2, 100)
            .fit(DEVICE, new float[] {-1, 1, -1, 1}, new int[] {0, 1, 0, 1}, 2);
    double low = 0;
    double high = 10;
    for (int i = 0; i < 100; i++) {
      double w = 0.5 * (low + high);
      if (l2 * w < 1 / (1 + Math.exp(2 * w))) {
        low = w;
      } else {
        high = w;
      }
    }
    // Stopped at a gradient of 1e-5 with curvature >= l2 = 0.1: within 1e-4.
    assertThat((double) fit.weight()[1]).isCloseTo(low, within(1e-4));
    assertThat((double) fit.weight()[0]).isCloseTo(-low, within(1e-4));
    assertThat((double) fit.bias()[0]).isCloseTo(0, within(1e-4));
  }

  @Test
  void separatesClouds() {
    int[] labels = new int[600];
    float[] x = clouds(600, 12, 10, 0.5, labels);
    LinearClassifier fit = new LogisticRegression(1e-3, 200).fit(DEVICE, x, labels, 10);
    // Centers are 3 sqrt(2) = 8.5 deviations apart: no two clouds meet.
    assertThat(fit.test(x, labels).top(1)).isEqualTo(1);
  }

  @Test
  void scaleAndShiftOfFeaturesDoNotMatter() {
    int[] labels = new int[200];
    float[] x = clouds(200, 4, 3, 1.5, labels);
    float[] moved = x.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] = i % 4 == 3 ? 7 : 1000 * x[i] - 300; // one feature is constant
      x[i] = i % 4 == 3 ? 0 : x[i];
    }
    LinearClassifier a = new LogisticRegression(0.01, 300).fit(DEVICE, x, labels, 3);
    LinearClassifier b = new LogisticRegression(0.01, 300).fit(DEVICE, moved, labels, 3);
    for (int i = 0; i < 200; i++) {
      float[] left = a.scores(x, 4 * i);
      float[] right = b.scores(moved, 4 * i);
      for (int k = 0; k < 3; k++) {
        // The fits stop at gradients of 1e-5 with curvature >= 0.01 over inputs of a few
        // deviations.
        assertThat((double) left[k]).isCloseTo(right[k], within(1e-2));
      }
    }
  }

  @Test
  void sgdReachesTheSameMinimum() {
    int[] labels = new int[512];
    float[] x = clouds(512, 6, 3, 2, labels);
    LinearClassifier exact = new LogisticRegression(0.1, 300).fit(DEVICE, x, labels, 3);
    LinearClassifier sgd = new SoftmaxSgd(0.1, 0.1, 60, 64, 1).fit(DEVICE, x, labels, 3);
    for (int j = 0; j < exact.weight().length; j++) {
      // The cosine ends at rate 0, so what is left is the noise of the last steps: a few percent of
      // the gradient noise, 1/sqrt(64), times the rate.
      assertThat((double) sgd.weight()[j]).isCloseTo(exact.weight()[j], within(0.02));
    }
    LinearClassifier again = new SoftmaxSgd(0.1, 0.1, 60, 64, 1).fit(DEVICE, x, labels, 3);
    assertThat(again.weight()).isEqualTo(sgd.weight());
  }

  @Test
  void refusesBadInput() {
    LogisticRegression regression = new LogisticRegression(0.1, 10);
    assertThatThrownBy(() -> regression.fit(DEVICE, new float[4], new int[] {0, 2}, 2))
        .hasMessage("label 1 is 2, but must be in [0,2)");
    assertThatThrownBy(() -> regression.fit(DEVICE, new float[5], new int[] {0, 1}, 2))
        .hasMessage("5 values do not make 2 vectors of one length");
    assertThatThrownBy(
            () -> regression.fit(DEVICE, new float[] {Float.NaN, 1}, new int[] {0, 1}, 2))
        .hasMessageContaining("a feature is NaN");
    assertThatThrownBy(() -> regression.fit(DEVICE, new float[2], new int[] {0, 0}, 1))
        .hasMessageContaining("number of classes is 1");
    assertThatThrownBy(() -> new LogisticRegression(-1, 10))
        .hasMessage("l2 is -1.0, but must be finite and >= 0");
  }
}
