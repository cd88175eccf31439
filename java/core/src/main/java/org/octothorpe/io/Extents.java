package org.octothorpe.io;

import java.util.Arrays;
import java.util.Locale;
import org.octothorpe.DType;

/** The arithmetic of extents and strides, guarded against overflow. */
final class Extents {
  private Extents() {}

  /**
   * Returns the size of a tensor in bytes.
   *
   * @throws IllegalArgumentException if an extent is negative or the size exceeds 2^31 - 1 bytes
   */
  static long bytes(DType dtype, long[] shape) {
    boolean empty = false;
    for (long extent : shape) {
      if (extent < 0) {
        throw new IllegalArgumentException(
            "shape " + text(shape) + " has extent " + extent + ", but extents must be >= 0");
      }
      empty |= extent == 0;
    }
    if (empty) {
      return 0;
    }
    long bytes = dtype.bytes();
    for (long extent : shape) {
      if (extent > Integer.MAX_VALUE / bytes) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s %s exceeds %d bytes, the most that one tensor may hold",
                dtype,
                text(shape),
                Integer.MAX_VALUE));
      }
      bytes *= extent;
    }
    return bytes;
  }

  /** Returns the strides, in elements, of a tensor whose last axis is contiguous. */
  static long[] contiguousStrides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= Math.max(shape[axis], 1);
    }
    return strides;
  }

  /**
   * Returns whether the elements lie in order without gaps; the stride of an axis of extent 1 is
   * free.
   */
  static boolean isContiguous(long[] shape, long[] strides) {
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] != 1 && strides[axis] != stride) {
        return false;
      }
      stride *= shape[axis];
    }
    return true;
  }

  /** Returns the extents as {@code [64,3,7,7]}. */
  static String text(long[] shape) {
    return Arrays.toString(shape).replace(" ", "");
  }
}
