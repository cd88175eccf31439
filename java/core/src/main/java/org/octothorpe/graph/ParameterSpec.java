package org.octothorpe.graph;

import org.octothorpe.Shape;

/**
 * One entry of a network's state: what it is called, how large it is and how it starts.
 *
 * @param key torchvision's name, {@code layer1.0.conv2.weight}
 * @param shape the extents in memory; KRSC for filters
 * @param role what it is
 * @param deviation standard deviation of a normal start around {@code mean}; 0 for a constant
 * @param mean mean of the start
 */
public record ParameterSpec(String key, Shape shape, Role role, double deviation, double mean) {
  /** What an entry is. */
  public enum Role {
    /** A filter or matrix: trained with weight decay, used in the plan's type. */
    WEIGHT(true),
    /** Bias of a linear layer or convolution: trained with weight decay, F32. */
    BIAS(true),
    /** Scale or shift of a batch norm: trained without weight decay unless asked for, F32. */
    NORM(true),
    /** Running statistic of a batch norm: not trained, F32. */
    STATISTIC(false);

    private final boolean trained;

    Role(boolean trained) {
      this.trained = trained;
    }

    /** Returns whether the optimizer updates it. */
    public boolean trained() {
      return trained;
    }
  }
}
