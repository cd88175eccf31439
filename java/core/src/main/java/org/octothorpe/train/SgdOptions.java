package org.octothorpe.train;

/**
 * The constants of the optimizer.
 *
 * @param momentum in [0,1)
 * @param nesterov whether the step looks ahead along the momentum
 * @param weightDecay L2 decay, &gt;= 0; 1e-4 is that of Goyal et al. 2017, section 5.1
 * @param decayNorms whether scale and shift of batch norms decay too; no in the recipe of Goyal et
 *     al.
 * @see <a href="https://arxiv.org/abs/1706.02677">Goyal et al. 2017</a>
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
