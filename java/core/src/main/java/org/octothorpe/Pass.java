package org.octothorpe;

/** One pass of an operation with weights. */
public enum Pass {
  /** y from x and weight. */
  FORWARD(0),
  /** dx from dy and weight. */
  BACKWARD_DATA(1),
  /** dweight and dbias from x and dy. */
  BACKWARD_WEIGHT(2);

  private final int code;

  Pass(int code) {
    this.code = code;
  }

  /** Returns the {@code OCT_*} code of {@code grouped_conv.h}. */
  public int code() {
    return code;
  }
}
