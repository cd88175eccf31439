package org.octothorpe;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The extents of a tensor, outermost first; all at least 1. */
public final class Shape {
  private final long[] extents;

  private Shape(long[] extents) {
    this.extents = extents;
  }

  /**
   * Returns the shape with the given extents, 1 to 4 of them.
   *
   * @throws IllegalArgumentException if there are none or too many, or one is below 1
   */
  public static Shape of(long... extents) {
    if (extents.length < 1 || extents.length > 4) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(extents)
              + " has "
              + extents.length
              + " axes, but must have 1 to 4");
    }
    long elements = 1;
    for (long extent : extents) {
      if (extent < 1 || extent > (1L << 46) / elements) {
        throw new IllegalArgumentException(
            "shape "
                + Arrays.toString(extents)
                + " is out of range: every extent must be >= 1 and their product at most 2^46");
      }
      elements *= extent;
    }
    return new Shape(extents.clone());
  }

  /** Returns the shape [n, h, w, c] of a batch of feature maps. */
  public static Shape nhwc(long n, long h, long w, long c) {
    return of(n, h, w, c);
  }

  /** Returns the number of axes. */
  public int rank() {
    return extents.length;
  }

  /** Returns the extent of an axis; axis 0 is the outermost. */
  public long get(int axis) {
    return extents[axis];
  }

  /** Returns the number of elements. */
  public long elements() {
    long elements = 1;
    for (long extent : extents) {
      elements *= extent;
    }
    return elements;
  }

  /** Returns a copy of the extents. */
  public long[] toArray() {
    return extents.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  @Override
  public String toString() {
    return Arrays.toString(extents).replace(" ", "");
  }
}
