package org.octothorpe;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_device_table;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.dense.DenseKernels;
import org.octothorpe.dense.OctothorpeDense;
import org.octothorpe.dense.OneDnn;
import org.octothorpe.ops.Status;

/**
 * A device that runs kernels: memory, one stream of work, and the vendor's dense kernels beside it.
 *
 * <p>A device is used by one thread at a time. Closing it twice is harmless; tensors must be closed
 * before it.
 */
public final class Device implements AutoCloseable {
  private final String name;
  private final boolean deterministic;
  private final oct_context context;
  private final DenseKernels dense;
  private final Leaks.Watch watch;
  private boolean closed;

  private Device(String name, oct_device_table table, int ordinal, DeviceOptions options) {
    this.name = name;
    this.deterministic = options.deterministic();
    try (PointerPointer<oct_context> out = new PointerPointer<>(1L)) {
      Status.check(octothorpe.oct_context_create(table, ordinal, options.threads(), out));
      this.context = out.get(oct_context.class);
    }
    this.watch = Leaks.watch(this, "the device " + name);
    this.dense = deterministic ? new OctothorpeDense(this) : new OneDnn(this);
  }

  /**
   * Opens a device with {@link DeviceOptions#DEFAULT}.
   *
   * @param name {@code cpu}
   */
  public static Device open(String name) {
    return open(name, DeviceOptions.DEFAULT);
  }

  /**
   * Opens a device.
   *
   * @param name {@code cpu}
   * @throws IllegalArgumentException if there is no such device; the message names those that there
   *     are
   * @throws OctothorpeException if the native library cannot be loaded or the device cannot be
   *     opened
   */
  public static Device open(String name, DeviceOptions options) {
    if (!name.equals("cpu")) {
      throw new IllegalArgumentException("device is '" + name + "', but must be one of: cpu");
    }
    Natives.load();
    return new Device(name, octothorpe.oct_cpu_device(), 0, options);
  }

  /** Returns the name it was opened by. */
  public String name() {
    return name;
  }

  /** Returns the number of CPU threads that its kernels use. */
  public int threads() {
    return octothorpe.oct_context_threads(context());
  }

  /** Returns whether results are bitwise equal for any number of threads. */
  public boolean deterministic() {
    return deterministic;
  }

  /** Returns the native context, for calls of the C contract. */
  public oct_context context() {
    if (closed) {
      throw new IllegalStateException("the device " + name + " is closed");
    }
    return context;
  }

  /** Returns the kernels for dense convolutions and matrix products. */
  public DenseKernels dense() {
    return dense;
  }

  /** Returns a new tensor with memory of its own; its contents are unspecified. */
  public Tensor allocate(DType dtype, Shape shape) {
    return new Tensor(this, dtype, shape, allocateBytes(shape.elements() * dtype.bytes()), true);
  }

  /** Returns a new tensor without memory, for planning; {@link Tensor#bind} gives it some. */
  public Tensor unbound(DType dtype, Shape shape) {
    return new Tensor(this, dtype, shape, null, false);
  }

  /** Waits until everything enqueued is done. */
  public void synchronize() {
    Status.check(octothorpe.oct_context_synchronize(context()));
  }

  Pointer allocateBytes(long bytes) {
    try (PointerPointer<Pointer> out = new PointerPointer<>(1L)) {
      Status.check(octothorpe.oct_allocate(context(), bytes, out));
      @Nullable Pointer memory = out.get();
      return new Pointer(memory).capacity(bytes).limit(bytes);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      dense.close();
      closed = true;
      watch.closed();
      Status.check(octothorpe.oct_context_destroy(context));
      context.setNull(); // the library refuses a null context: calls bound earlier fail, not crash
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
