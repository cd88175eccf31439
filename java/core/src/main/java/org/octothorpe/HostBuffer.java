package org.octothorpe;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Native host memory that the Java side reads and writes as buffers, and native code by its
 * address. Allocated once and used again and again: copies between it and a {@link Tensor} do not
 * allocate.
 */
public final class HostBuffer implements AutoCloseable {
  private final BytePointer memory;
  private final ByteBuffer bytes;

  /**
   * Allocates memory, its contents unspecified.
   *
   * @param bytes in [1, 2^31 - 1]
   */
  public HostBuffer(long bytes) {
    if (bytes < 1 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a host buffer has " + bytes + " bytes, but must have 1 to " + Integer.MAX_VALUE);
    }
    this.memory = new BytePointer(bytes);
    this.bytes = memory.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** Returns the size. */
  public int size() {
    return bytes.capacity();
  }

  /** Returns the address of the first byte, for native calls. */
  public long address() {
    return pointer().address();
  }

  /** Returns a view of the memory as bytes; it must not be used after {@link #close}. */
  public ByteBuffer bytes() {
    pointer();
    return bytes.duplicate().order(ByteOrder.nativeOrder());
  }

  /** Returns a view of the memory as F32; it must not be used after {@link #close}. */
  public FloatBuffer floats() {
    return bytes().asFloatBuffer();
  }

  /** Returns a view of the memory as I32; it must not be used after {@link #close}. */
  public IntBuffer ints() {
    return bytes().asIntBuffer();
  }

  /** Returns value {@code index} of {@link #ints}; does not allocate. */
  public int intAt(int index) {
    pointer();
    return bytes.getInt(index * Integer.BYTES);
  }

  Pointer pointer() {
    if (memory.isNull()) {
      throw new IllegalStateException("a host buffer is used after close");
    }
    return memory;
  }

  @Override
  public void close() {
    memory.close();
  }
}
