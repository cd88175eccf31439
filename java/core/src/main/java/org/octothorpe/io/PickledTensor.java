package org.octothorpe.io;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;

/**
 * A tensor as a PyTorch pickle describes it: a strided window of a storage, whose bytes are
 * elsewhere in the file.
 *
 * @param storage the storage, which other tensors may share
 * @param dtype the element type, that of the storage
 * @param offset the first element, in elements of the storage
 * @param shape the extents
 * @param strides the distance between neighbors along each axis, in elements
 */
record PickledTensor(
    Storage storage, DType dtype, long offset, List<Long> shape, List<Long> strides) {
  static final int MAX_RANK = 16;

  /**
   * A block of elements that tensors are windows of.
   *
   * @param key the name by which the file keeps its bytes
   * @param type the class of Python
   * @param dtype the element type; null if it is one that is not read
   * @param elementBytes the size of an element
   * @param elements the number of elements
   */
  record Storage(String key, String type, @Nullable DType dtype, int elementBytes, long elements) {
    /** Returns the size in bytes; at most 2^63 - 1 by the check at construction. */
    long bytes() {
      return elements * elementBytes;
    }
  }

  /**
   * Checks that the window lies inside the storage and is not larger than it.
   *
   * @throws IllegalArgumentException if not; the message names the values
   */
  PickledTensor {
    if (shape.size() != strides.size() || shape.size() > MAX_RANK) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d extents and %d strides must be as many as each other, at most %d",
              shape.size(),
              strides.size(),
              MAX_RANK));
    }
    String what =
        String.format(Locale.ROOT, "offset %d, shape %s, strides %s", offset, shape, strides);
    long elements = 1;
    long last = offset;
    boolean outside = offset < 0 || offset > Integer.MAX_VALUE;
    for (int axis = 0; axis < shape.size() && !outside; axis++) {
      long extent = shape.get(axis);
      long stride = strides.get(axis);
      // All are below 2^31 before they are multiplied, so nothing overflows.
      outside =
          extent < 0 || stride < 0 || extent > Integer.MAX_VALUE || stride > Integer.MAX_VALUE;
      if (!outside && extent > 0) {
        elements *= extent;
        last += (extent - 1) * stride;
        outside = elements > Integer.MAX_VALUE || last > Integer.MAX_VALUE;
      }
    }
    boolean empty = shape.contains(0L);
    if (outside || (!empty && last >= storage.elements)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s reaches outside its storage of %d elements",
              what,
              storage.elements));
    }
    if (!empty && elements > storage.elements) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s repeats elements of its storage of %d; expanded tensors are not read",
              what,
              storage.elements));
    }
  }

  /** Returns whether the elements lie in order, so that reading copies nothing. */
  boolean isContiguous() {
    return Extents.isContiguous(extents(shape), extents(strides));
  }

  /** Returns the size in bytes. */
  long bytes() {
    return Extents.bytes(dtype, extents(shape));
  }

  /** Returns the tensor over its storage's bytes. */
  HostTensor read(ByteBuffer bytes) {
    return HostTensor.strided(dtype, bytes, offset, extents(shape), extents(strides));
  }

  private static long[] extents(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
