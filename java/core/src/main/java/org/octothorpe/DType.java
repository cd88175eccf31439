package org.octothorpe;

/** The element type of a tensor. */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4, 0),
  /** The upper 16 bits of a binary32, rounded to nearest even. */
  BF16(2, 1),
  /** Signed 32-bit integer. */
  I32(4, 2),
  /** Signed 64-bit integer. */
  I64(8, 3),
  /** Unsigned 8-bit integer. */
  U8(1, 4),
  /** IEEE 754 binary64; in files and on the host only. */
  F64(8, -1),
  /** IEEE 754 binary16; in files and on the host only. */
  F16(2, -1),
  /** A truth value, 0 or 1; in files and on the host only. */
  BOOL(1, -1),
  /** Signed 8-bit integer; in files and on the host only. */
  I8(1, -1),
  /** Signed 16-bit integer; in files and on the host only. */
  I16(2, -1),
  /** Unsigned 16-bit integer; in files and on the host only. */
  U16(2, -1),
  /** Unsigned 32-bit integer; in files and on the host only. */
  U32(4, -1),
  /** Unsigned 64-bit integer; in files and on the host only. */
  U64(8, -1);

  private final int bytes;
  private final int code;

  DType(int bytes, int code) {
    this.bytes = bytes;
    this.code = code;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns whether the elements are floating-point numbers. */
  public boolean isFloat() {
    return this == F32 || this == BF16 || this == F64 || this == F16;
  }

  /**
   * Returns the {@code OCT_*} code of {@code types.h}.
   *
   * @throws IllegalArgumentException if devices have no such type
   */
  public int code() {
    if (code < 0) {
      throw new IllegalArgumentException("dtype is " + this + ", which lives on the host only");
    }
    return code;
  }

  /** Returns the nearest BF16 value as its 16 bits, ties to even; NaN stays NaN. */
  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** Returns the value of 16 BF16 bits. */
  public static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
