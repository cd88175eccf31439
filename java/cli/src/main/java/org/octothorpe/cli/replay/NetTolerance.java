package org.octothorpe.cli.replay;

import com.fasterxml.jackson.databind.JsonNode;
import org.octothorpe.models.ResNeXt;

/**
 * What the results of a whole network may be wrong by, relative L2.
 *
 * <p>One operation errs by e: four roundoffs times the square root of its longest sum in F32, and
 * the roundings of its weights and its output in BF16. Errors of operations are independent, so
 * their squares add along a path of L operations: e sqrt(L).
 */
final class NetTolerance {
  /** Errors of small layers spread wider than their expectation; deviations of a mean of few. */
  private static final double SPREAD = 1.5;

  /** Another F32 run of the reference may deviate this many times as much as its own did. */
  private static final double OF_STATED = 3;

  private final Precision precision;
  private final int activations;
  private final double operation;
  private final double statedGradient;
  private final double statedForward;

  private NetTolerance(Precision precision, int activations, double operation, JsonNode stated) {
    this.statedGradient = OF_STATED * stated.path("worst_grad_rel_l2").path(0).asDouble(0);
    this.statedForward = OF_STATED * stated.path("worst_state_after_rel_l2").path(0).asDouble(0);
    this.precision = precision;
    this.activations = activations;
    this.operation = operation;
  }

  /**
   * Returns the tolerances of a network.
   *
   * @param stated what the reference's own F32 run deviated by, if the case says so: an
   *     ill-conditioned case may have wider tolerances than those derived here
   */
  static NetTolerance of(Precision precision, ResNeXt network, JsonNode stated) {
    int blocks = network.layers().stream().mapToInt(Integer::intValue).sum();
    double longestSum = network.features();
    double f32 = 4 * Precision.F32_ROUNDOFF * Math.sqrt(longestSum);
    double operation = f32 + precision.input() + (precision.isF32() ? 0 : precision.output());
    // Along the longest path: a ReLU for the stem and three a block.
    return new NetTolerance(precision, 1 + 3 * blocks, operation, stated);
  }

  /** Logits, losses and running statistics after some steps, each of which adds a pass's errors. */
  double forward(int steps) {
    return Math.max(statedForward, operation * Math.sqrt(operations() * (1.0 + steps)));
  }

  /**
   * Gradients of the first step: a path forward and back. In BF16 comes to it that a ReLU may take
   * the other side: with a relative error d of normal values, it does for a share d / pi of them,
   * and its half of the gradient's energy is wrong there: 2 d / pi, summed over all ReLUs, each
   * with two operations (convolution, batch norm) a ReLU before it. In F32 that is less than one
   * value in a million.
   */
  double gradient() {
    double rounding = operation * Math.sqrt(2.0 * operations());
    if (precision.isF32()) {
      return Math.max(statedGradient, rounding);
    }
    double flipped = 0;
    for (int relu = 1; relu <= activations; relu++) {
      flipped += 2 / Math.PI * operation * Math.sqrt(2.0 * relu);
    }
    return SPREAD * (rounding + Math.sqrt(flipped));
  }

  /**
   * State after some steps: what the steps changed carries the error of the gradients.
   *
   * @param change norm of (state - initial state) over the norm of the state
   */
  double state(int steps, double change) {
    return forward(steps) + gradient() * change;
  }

  /** A convolution and a batch norm for each ReLU, and the last layer. */
  private int operations() {
    return 2 * activations + 1;
  }
}
