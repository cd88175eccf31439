package org.octothorpe.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LbfgsTest {
  @Test
  void findsTheMinimumOfAQuadratic() {
    // f = 1/2 sum_j s_j (x_j - j)^2 with curvatures from 1 to 1000: x_j = j.
    int n = 20;
    double[] x = new double[n];
    double value =
        new Lbfgs(10, 200, 1e-9)
            .minimize(
                (p, gradient) -> {
                  double sum = 0;
                  for (int j = 0; j < n; j++) {
                    double s = 1 + j * 52.5;
                    gradient[j] = s * (p[j] - j);
                    sum += 0.5 * s * (p[j] - j) * (p[j] - j);
                  }
                  return sum;
                },
                x);
    // A gradient below 1e-9 with curvature >= 1 leaves less than 1e-9 in every coordinate.
    for (int j = 0; j < n; j++) {
      assertThat(x[j]).isCloseTo(j, within(1e-9));
    }
    assertThat(value).isLessThan(1e-17);
  }

  @Test
  void stopsWhereItStandsAtAMinimum() {
    double[] x = {3};
    int[] calls = {0};
    new Lbfgs(5, 100, 1e-6)
        .minimize(
            (p, gradient) -> {
              calls[0]++;
              gradient[0] = p[0] - 3;
              return 0.5 * (p[0] - 3) * (p[0] - 3);
            },
            x);
    assertThat(x[0]).isEqualTo(3);
    assertThat(calls[0]).isEqualTo(1);
  }
}
