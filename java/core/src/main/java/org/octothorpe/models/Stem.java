package org.octothorpe.models;

/** The first layers of a residual network. */
public enum Stem {
  /**
   * A 7x7 convolution with stride 2, batch norm, ReLU, 3x3 max-pool with stride 2: for images of 96
   * pixels and more.
   */
  FULL,
  /** A 3x3 convolution with stride 2, batch norm, ReLU, no pool: for small images. */
  SMALL;

  /** Returns the stem that suits an image size in pixels. */
  public static Stem forImageSize(int pixels) {
    return pixels < 96 ? SMALL : FULL;
  }
}
