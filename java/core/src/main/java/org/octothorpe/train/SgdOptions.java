package org.octothorpe.train;

/**
 * The optimiser's constants.
 *
 * @param momentum in [0,1)
 * @param nesterov whether the step looks ahead along the momentum
 * @param weightDecay L2 decay, &gt;= 0; Mahajan et al. do not print theirs, 1e-4 is the usual value
 *     (unverified)
 * @param decayNorms whether scale and shift of batch norms decay too; the paper's recipe: no
 */
public record SgdOptions(
    double momentum, boolean nesterov, double weightDecay, boolean decayNorms) {
  /** Nesterov momentum 0.9, weight decay 1e-4, none on batch norms. */
  public static final SgdOptions DEFAULT = new SgdOptions(0.9, true, 1e-4, false);

  /** Checks the values. */
  public SgdOptions {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("momentum is " + momentum + ", but must be in [0,1)");
    }
    if (!(weightDecay >= 0 && weightDecay < 1)) {
      throw new IllegalArgumentException(
          "weight decay is " + weightDecay + ", but must be in [0,1)");
    }
  }

  /** Returns these constants with another weight decay. */
  public SgdOptions withWeightDecay(double value) {
    return new SgdOptions(momentum, nesterov, value, decayNorms);
  }
}
