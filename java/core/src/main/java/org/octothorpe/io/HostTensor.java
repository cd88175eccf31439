package org.octothorpe.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import org.octothorpe.DType;

/**
 * An array in host memory as tensor files hold it: element type, extents, and little-endian
 * elements with the last axis contiguous.
 *
 * <p>The rank may be 0 (one element) and extents may be 0 (no element). At most 2^31 - 1 bytes.
 * Immutable as long as the bytes behind it are; a tensor that was read from a file is a view of the
 * mapped file.
 */
public final class HostTensor {
  private final DType dtype;
  private final long[] shape;
  private final ByteBuffer data;
  private final int elements;

  private HostTensor(DType dtype, long[] shape, ByteBuffer data) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
    this.elements = data.capacity() / dtype.bytes();
  }

  /**
   * Returns a tensor over little-endian bytes, which are not copied.
   *
   * @param data the elements, from the buffer's position to its limit
   * @throws IllegalArgumentException if the bytes are not as many as the shape needs
   */
  public static HostTensor of(DType dtype, ByteBuffer data, long... shape) {
    long bytes = Extents.bytes(dtype, shape);
    if (bytes != data.remaining()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "data has %d bytes, but %s %s needs %d",
              data.remaining(),
              dtype,
              Extents.text(shape),
              bytes));
    }
    return new HostTensor(dtype, shape.clone(), data.slice().asReadOnlyBuffer());
  }

  /** Returns an F32 tensor of copied values. */
  public static HostTensor of(float[] values, long... shape) {
    ByteBuffer data = allocate(DType.F32, values.length, shape);
    data.asFloatBuffer().put(values);
    return new HostTensor(DType.F32, shape.clone(), data);
  }

  /** Returns an F64 tensor of copied values. */
  public static HostTensor of(double[] values, long... shape) {
    ByteBuffer data = allocate(DType.F64, values.length, shape);
    data.asDoubleBuffer().put(values);
    return new HostTensor(DType.F64, shape.clone(), data);
  }

  /** Returns an I64 tensor of copied values. */
  public static HostTensor of(long[] values, long... shape) {
    ByteBuffer data = allocate(DType.I64, values.length, shape);
    data.asLongBuffer().put(values);
    return new HostTensor(DType.I64, shape.clone(), data);
  }

  /** Returns an I32 tensor of copied values. */
  public static HostTensor of(int[] values, long... shape) {
    ByteBuffer data = allocate(DType.I32, values.length, shape);
    data.asIntBuffer().put(values);
    return new HostTensor(DType.I32, shape.clone(), data);
  }

  /** Returns a U8 tensor of copied values. */
  public static HostTensor of(byte[] values, long... shape) {
    ByteBuffer data = allocate(DType.U8, values.length, shape);
    data.duplicate().put(values);
    return new HostTensor(DType.U8, shape.clone(), data);
  }

  /** Returns the element type. */
  public DType dtype() {
    return dtype;
  }

  /** Returns a copy of the extents, outermost first; empty for rank 0. */
  public long[] shape() {
    return shape.clone();
  }

  /** Returns the number of axes. */
  public int rank() {
    return shape.length;
  }

  /** Returns the number of elements. */
  public int elements() {
    return elements;
  }

  /** Returns the size of the elements in bytes. */
  public int bytes() {
    return data.capacity();
  }

  /** Returns a read-only little-endian view of all elements. */
  public ByteBuffer data() {
    return data.asReadOnlyBuffer().clear().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns the elements converted to float; F64 and wide integers round to nearest. */
  public float[] toFloats() {
    ByteBuffer source = data();
    float[] values = new float[elements];
    if (dtype == DType.F32) {
      source.asFloatBuffer().get(values);
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (dtype) {
            case I32 -> (float) source.getInt(4 * i);
            case I64 -> (float) source.getLong(8 * i);
            default -> (float) real(source, i);
          };
    }
    return values;
  }

  /** Returns the elements converted to double; I64 and U64 round to nearest, all else is exact. */
  public double[] toDoubles() {
    ByteBuffer source = data();
    double[] values = new double[elements];
    for (int i = 0; i < values.length; i++) {
      values[i] = real(source, i);
    }
    return values;
  }

  /**
   * Returns the elements of an integer tensor.
   *
   * @throws IllegalStateException if the element type is not an integer type, or an element exceeds
   *     2^63 - 1
   */
  public long[] toLongs() {
    ByteBuffer source = data();
    long[] values = new long[elements];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (dtype) {
            case I64 -> source.getLong(8 * i);
            case I32 -> source.getInt(4 * i);
            case U64 -> signed(source.getLong(8 * i));
            case I16 -> source.getShort(2 * i);
            case I8 -> source.get(i);
            case U32 -> source.getInt(4 * i) & 0xffffffffL;
            case U16 -> source.getShort(2 * i) & 0xffff;
            case U8, BOOL -> source.get(i) & 0xff;
            default -> throw new IllegalStateException(this + " is not a tensor of integers");
          };
    }
    return values;
  }

  /** Returns how many elements are NaN or infinite as a float. */
  int notFinite() {
    ByteBuffer source = data();
    int count = 0;
    for (int i = 0; i < elements; i++) {
      count += Float.isFinite((float) real(source, i)) ? 0 : 1;
    }
    return count;
  }

  /** Returns how many elements are below 0. */
  int negative() {
    ByteBuffer source = data();
    int count = 0;
    for (int i = 0; i < elements; i++) {
      count += real(source, i) < 0 ? 1 : 0;
    }
    return count;
  }

  /** Returns a copy of the elements as little-endian bytes. */
  public byte[] toBytes() {
    byte[] bytes = new byte[bytes()];
    data().get(bytes);
    return bytes;
  }

  /**
   * Returns a copy with its axes in another order, such as {@code permute(0, 2, 3, 1)} from
   * [K,C,R,S] to [K,R,S,C].
   *
   * @param axes for each axis of the result, the axis of this tensor that it is
   * @throws IllegalArgumentException unless the axes are a permutation of this tensor's
   */
  public HostTensor permute(int... axes) {
    int[] sorted = axes.clone();
    Arrays.sort(sorted);
    for (int i = 0; i < sorted.length; i++) {
      if (sorted[i] != i) {
        sorted = new int[0];
      }
    }
    if (sorted.length != rank() || axes.length != rank()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "axes %s must be a permutation of 0 to %d",
              Arrays.toString(axes),
              rank() - 1));
    }
    long[] own = Extents.contiguousStrides(shape);
    long[] extents = new long[axes.length];
    long[] strides = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      extents[i] = shape[axes[i]];
      strides[i] = own[axes[i]];
    }
    return strided(dtype, data, 0, extents, strides);
  }

  /**
   * Returns whether the other tensor has the same element type, extents and bytes; NaNs of equal
   * bits are equal, 0 and -0 are not.
   */
  public boolean sameBits(HostTensor other) {
    return dtype == other.dtype && Arrays.equals(shape, other.shape) && data().equals(other.data());
  }

  /** Returns type and extents, as in {@code F32 [64,3,7,7]}. */
  @Override
  public String toString() {
    return dtype + " " + Extents.text(shape);
  }

  /**
   * Gathers a tensor from memory with strides. The caller has checked that every element is inside
   * the storage.
   *
   * @param storage the elements' bytes, from 0 to its capacity
   * @param offset the first element, in elements
   * @param strides the distance between neighbors along each axis, in elements
   */
  static HostTensor strided(
      DType dtype, ByteBuffer storage, long offset, long[] shape, long[] strides) {
    int size = dtype.bytes();
    int bytes = Math.toIntExact(Extents.bytes(dtype, shape));
    if (bytes == 0 || Extents.isContiguous(shape, strides)) {
      int begin = bytes == 0 ? 0 : Math.toIntExact(offset * size);
      return new HostTensor(
          dtype, shape.clone(), storage.duplicate().clear().slice(begin, bytes).asReadOnlyBuffer());
    }
    ByteBuffer target = ByteBuffer.allocate(bytes);
    ByteBuffer from = storage.duplicate().order(target.order());
    long[] index = new long[shape.length];
    long source = offset;
    for (int at = 0; at < bytes; at += size) {
      int element = Math.toIntExact(source * size);
      switch (size) { // several times faster than a bulk copy of so few bytes
        case 8 -> target.putLong(at, from.getLong(element));
        case 4 -> target.putInt(at, from.getInt(element));
        case 2 -> target.putShort(at, from.getShort(element));
        default -> target.put(at, from.get(element));
      }
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        source += strides[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        source -= strides[axis] * shape[axis];
        index[axis] = 0;
      }
    }
    return new HostTensor(dtype, shape.clone(), target);
  }

  private double real(ByteBuffer source, int i) {
    return switch (dtype) {
      case F32 -> source.getFloat(4 * i);
      case F64 -> source.getDouble(8 * i);
      case BF16 -> DType.fromBf16(source.getShort(2 * i));
      case F16 -> Half.toFloat(source.getShort(2 * i));
      case I32 -> source.getInt(4 * i);
      case I64 -> source.getLong(8 * i);
      case I16 -> source.getShort(2 * i);
      case I8 -> source.get(i);
      case U64 -> unsigned(source.getLong(8 * i));
      case U32 -> source.getInt(4 * i) & 0xffffffffL;
      case U16 -> source.getShort(2 * i) & 0xffff;
      case U8, BOOL -> source.get(i) & 0xff;
    };
  }

  private static double unsigned(long bits) {
    // The lowest bit only tells which way a tie rounds.
    return bits >= 0 ? bits : 2.0 * ((bits >>> 1) | (bits & 1));
  }

  private static long signed(long bits) {
    if (bits < 0) {
      throw new IllegalStateException(
          Long.toUnsignedString(bits) + " exceeds " + Long.MAX_VALUE + ", the most that is read");
    }
    return bits;
  }

  private static ByteBuffer allocate(DType dtype, int values, long[] shape) {
    long bytes = Extents.bytes(dtype, shape);
    if (bytes != (long) values * dtype.bytes()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "values has %d elements, but shape %s needs %d",
              values,
              Extents.text(shape),
              bytes / dtype.bytes()));
    }
    return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
