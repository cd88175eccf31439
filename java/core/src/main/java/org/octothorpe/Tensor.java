package org.octothorpe;

import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.internal.Leaks;
import org.octothorpe.internal.Natives;

/** A dense row-major array on a device. */
public final class Tensor implements AutoCloseable {
  private final Device device;
  private final DType dtype;
  private final Shape shape;
  private final boolean owner;
  private final Leaks.@Nullable Watch watch;
  private @Nullable Pointer data;
  private @Nullable Tensor memory;
  private boolean closed;

  Tensor(Device device, DType dtype, Shape shape, @Nullable Pointer data, boolean owner) {
    this.device = device;
    this.dtype = dtype;
    this.shape = shape;
    this.owner = owner;
    this.data = data;
    this.watch = owner ? Leaks.watch(this, "a tensor " + dtype + shape) : null;
  }

  /** Returns the device that holds it. */
  public Device device() {
    return device;
  }

  /** Returns the element type. */
  public DType dtype() {
    return dtype;
  }

  /** Returns the extents. */
  public Shape shape() {
    return shape;
  }

  /** Returns the size in bytes. */
  public long bytes() {
    return shape.elements() * dtype.bytes();
  }

  /** Returns the address of the first element, in the memory of the device. */
  public long address() {
    return data().address();
  }

  private Pointer data() {
    requireOpen();
    if (data == null) {
      throw new IllegalStateException(
          "a tensor " + dtype + shape + " is used before it has memory");
    }
    return data;
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("a tensor " + dtype + shape + " is used after close");
    }
    if (memory != null) {
      memory.requireOpen();
    }
    device.requireOpen();
  }

  /**
   * Makes an {@linkplain Device#unbound unbound} tensor (or view) stand for the memory at {@code
   * whole + offset} bytes.
   */
  public void bind(Tensor whole, long offset) {
    if (owner) {
      throw new IllegalStateException(
          "a tensor that owns its memory cannot be bound to other memory");
    }
    if (offset < 0 || offset + bytes() > whole.bytes()) {
      throw new IllegalArgumentException(
          "a tensor of "
              + bytes()
              + " bytes at offset "
              + offset
              + " does not fit into "
              + whole.bytes()
              + " bytes");
    }
    data = Natives.pointer(whole.address() + offset);
    memory = whole;
  }

  /**
   * Returns a view of {@code shape} that starts {@code offset} elements into this tensor; it shares
   * the memory.
   */
  public Tensor view(long offset, Shape viewShape) {
    Tensor view = device.unbound(dtype, viewShape);
    view.bind(this, offset * dtype.bytes());
    return view;
  }

  /**
   * Copies values from the host, converting them to F32, BF16, I32, I64 or U8 (rounded towards zero
   * for integers).
   */
  public void copyFrom(float[] values) {
    checkLength(values.length);
    switch (dtype) {
      case F32 -> upload(new FloatPointer(values));
      case BF16 -> {
        short[] bits = new short[values.length];
        for (int i = 0; i < bits.length; i++) {
          bits[i] = DType.toBf16(values[i]);
        }
        upload(new ShortPointer(bits));
      }
      default -> throw new IllegalArgumentException("a tensor of " + dtype + " cannot hold floats");
    }
  }

  /** Copies integers from the host to a tensor of I32 or I64. */
  public void copyFrom(int... values) {
    checkLength(values.length);
    switch (dtype) {
      case I32 -> upload(new IntPointer(values));
      case I64 -> upload(new LongPointer(Arrays.stream(values).asLongStream().toArray()));
      default -> throw new IllegalArgumentException("a tensor of " + dtype + " cannot hold ints");
    }
  }

  /** Copies integers from the host to a tensor of I64. */
  public void copyFrom(long... values) {
    checkLength(values.length);
    if (dtype != DType.I64) {
      throw new IllegalArgumentException("a tensor of " + dtype + " cannot hold longs");
    }
    upload(new LongPointer(values));
  }

  /** Copies bytes from the host to a tensor of U8. */
  public void copyFrom(byte[] values) {
    checkLength(values.length);
    if (dtype != DType.U8) {
      throw new IllegalArgumentException("a tensor of " + dtype + " cannot hold bytes");
    }
    upload(new BytePointer(values));
  }

  /**
   * Copies the first {@link #bytes()} bytes of a host buffer, as they are. Does not allocate.
   *
   * @throws IllegalArgumentException if the buffer is smaller
   */
  public void copyFrom(HostBuffer host) {
    copyFrom(host, bytes());
  }

  /**
   * Copies the first {@code count} bytes of a host buffer, as they are; the rest of the tensor
   * stays. Does not allocate.
   *
   * @throws IllegalArgumentException if the buffer or the tensor is smaller
   */
  public void copyFrom(HostBuffer host, long count) {
    checkRoom(host, count);
    upload(host.pointer(), count);
  }

  /**
   * Copies {@link #bytes()} bytes to a host buffer, as they are, after everything enqueued. Does
   * not allocate.
   *
   * @throws IllegalArgumentException if the buffer is smaller
   */
  public void copyTo(HostBuffer host) {
    checkRoom(host, bytes());
    download(host.pointer());
  }

  private void checkRoom(HostBuffer host, long count) {
    if (count < 0 || count > host.size() || count > bytes()) {
      throw new IllegalArgumentException(
          count
              + " bytes to copy between a tensor of "
              + bytes()
              + " and a buffer of "
              + host.size());
    }
  }

  private void upload(Pointer host, long count) {
    Status.check(octothorpe.oct_copy_to_device(device.context(), data(), host, count));
  }

  private void download(Pointer host) {
    device.synchronize();
    Status.check(octothorpe.oct_copy_to_host(device.context(), host, data(), bytes()));
  }

  /** Returns the values of an F32 or BF16 tensor, after everything enqueued. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(shape.elements())];
    switch (dtype) {
      case F32 -> {
        try (FloatPointer host = new FloatPointer(values.length)) {
          download(host);
          host.get(values);
        }
      }
      case BF16 -> {
        short[] bits = new short[values.length];
        try (ShortPointer host = new ShortPointer(bits.length)) {
          download(host);
          host.get(bits);
        }
        for (int i = 0; i < bits.length; i++) {
          values[i] = DType.fromBf16(bits[i]);
        }
      }
      default ->
          throw new IllegalArgumentException("a tensor of " + dtype + " does not hold floats");
    }
    return values;
  }

  /** Returns the values of an I32 tensor, after everything enqueued. */
  public int[] toInts() {
    if (dtype != DType.I32) {
      throw new IllegalArgumentException("a tensor of " + dtype + " does not hold ints");
    }
    int[] values = new int[Math.toIntExact(shape.elements())];
    try (IntPointer host = new IntPointer(values.length)) {
      download(host);
      host.get(values);
    }
    return values;
  }

  /** Returns the values of a U8 tensor, after everything enqueued. */
  public byte[] toBytes() {
    if (dtype != DType.U8) {
      throw new IllegalArgumentException("a tensor of " + dtype + " does not hold bytes");
    }
    byte[] values = new byte[Math.toIntExact(shape.elements())];
    try (BytePointer host = new BytePointer(values.length)) {
      download(host);
      host.get(values);
    }
    return values;
  }

  /** Fills it with zeros. */
  public void zero() {
    Status.check(octothorpe.oct_zero(device.context(), data(), bytes()));
  }

  private void checkLength(long length) {
    if (length != shape.elements()) {
      throw new IllegalArgumentException(
          length + " values for a tensor of shape " + shape + ", which has " + shape.elements());
    }
  }

  private void upload(Pointer host) {
    try (host) {
      upload(host, bytes());
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (watch != null) {
        watch.closed();
      }
      Pointer block = data;
      data = null;
      if (owner && block != null) {
        Status.check(octothorpe.oct_free(device.context(), block));
      }
    }
  }

  @Override
  public String toString() {
    return dtype + shape.toString() + " on " + device;
  }
}
