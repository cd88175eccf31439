package org.octothorpe;

/** One pass of an operation with weights. */
public enum Pass {
  /** y from x and weight. */
  FORWARD,
  /** dx from dy and weight. */
  BACKWARD_DATA,
  /** dweight and dbias from x and dy. */
  BACKWARD_WEIGHT
}
