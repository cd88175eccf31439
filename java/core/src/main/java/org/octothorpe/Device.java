package org.octothorpe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_device_table;
import org.octothorpe.bindings.oct_variant;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.internal.Leaks;
import org.octothorpe.internal.Natives;

/**
 * A device that runs kernels: memory and one stream of work.
 *
 * <p>A device is used by one thread at a time. Closing it twice is harmless; tensors must be closed
 * before it. Beside the CPU there are the devices of every {@link DeviceProvider} on the class
 * path.
 *
 * <p>Kernels may still run when an operation returns. What a device finds wrong while it computes,
 * such as a label outside the vocabulary, is then thrown by {@link #synchronize}, {@link
 * Tensor#copyTo} or {@link Tensor#toFloats}; the CPU throws it at once.
 */
public final class Device implements AutoCloseable {
  private final String name;
  private final boolean deterministic;
  private final oct_context context;
  private final Map<Class<?>, AutoCloseable> resources = new LinkedHashMap<>();
  private final Leaks.Watch watch;
  private boolean closed;

  private Device(String name, oct_device_table table, int ordinal, DeviceOptions options) {
    this.name = name;
    this.deterministic = options.deterministic();
    int threads = options.threads() > 0 ? options.threads() : processors();
    try (PointerPointer<oct_context> out = new PointerPointer<>(1L)) {
      Status.check(octothorpe.oct_context_create(table, ordinal, threads, out));
      this.context = out.get(oct_context.class);
    }
    this.watch = Leaks.watch(this, "the device " + name);
  }

  /** Java's processor count respects the quota of a container or job; the system call does not. */
  private static int processors() {
    return Math.min(DeviceOptions.MOST_THREADS, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Opens a device with {@link DeviceOptions#DEFAULT}; see {@link #open(String, DeviceOptions)}.
   *
   * @param name one of {@link #names}
   */
  public static Device open(String name) {
    return open(name, DeviceOptions.DEFAULT);
  }

  /**
   * Opens a device.
   *
   * @param name {@code cpu}; {@code emulated}, the CUDA kernels run on the CPU under a checker; or
   *     {@code cuda:0}, an NVIDIA GPU by its number. The last two are in octothorpe-cuda
   * @throws IllegalArgumentException if there is no such device; the message names those that there
   *     are
   * @throws OctothorpeException if the native library cannot be loaded or the device cannot be
   *     opened; the message says why
   */
  public static Device open(String name, DeviceOptions options) {
    DeviceName parsed = DeviceName.parse(name);
    Library.load();
    DeviceProvider provider = parsed.provider();
    oct_device_table table = provider == null ? octothorpe.oct_cpu_device() : tableOf(provider);
    return new Device(name, table, parsed.ordinal(), options);
  }

  private static oct_device_table tableOf(DeviceProvider provider) {
    try {
      return new oct_device_table(Natives.pointer(provider.table()));
    } catch (UnsatisfiedLinkError e) {
      throw new OctothorpeException(Status.UNSUPPORTED, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Returns the names that {@link #open} takes here, {@code N} standing for a number: {@code cpu},
   * {@code emulated}, {@code cuda:N}. That a name is there does not mean that it can be opened.
   */
  public static List<String> names() {
    return DeviceName.all();
  }

  /**
   * Checks a name without opening anything.
   *
   * @throws IllegalArgumentException if {@link #open} does not take it; the message names those
   *     that it takes
   */
  public static void checkName(String name) {
    DeviceName.parse(name);
  }

  /** Returns the name it was opened by. */
  public String name() {
    return name;
  }

  /** Returns the number of CPU threads that its kernels use. */
  public int threads() {
    return octothorpe.oct_context_threads(context());
  }

  /**
   * Returns whether only kernels are allowed whose results are bitwise equal for any number of
   * threads.
   */
  public boolean deterministic() {
    return deterministic;
  }

  /** Returns the address of the native {@code oct_context}, for calls of the C contract. */
  public long contextAddress() {
    return context().address();
  }

  oct_context context() {
    requireOpen();
    return context;
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the device " + name + " is closed");
    }
  }

  /**
   * Returns something that lives as long as this device and is closed with it: the one of its type,
   * opened when first asked for.
   */
  public <T extends AutoCloseable> T resource(Class<T> type, Function<Device, T> open) {
    requireOpen();
    AutoCloseable found = resources.get(type);
    if (found == null) {
      found = open.apply(this);
      resources.put(type, found);
    }
    return type.cast(found);
  }

  /** Returns a new tensor with memory of its own; its contents are unspecified. */
  public Tensor allocate(DType dtype, Shape shape) {
    return new Tensor(this, dtype, shape, allocateBytes(shape.elements() * dtype.bytes()), true);
  }

  /** Returns a new tensor without memory, for planning; {@link Tensor#bind} gives it some. */
  public Tensor unbound(DType dtype, Shape shape) {
    return new Tensor(this, dtype, shape, null, false);
  }

  /**
   * Waits until everything enqueued is done.
   *
   * @throws IllegalArgumentException if values in the device's memory broke a rule of an operation
   * @throws OctothorpeException if the device failed
   */
  public void synchronize() {
    Status.check(octothorpe.oct_context_synchronize(context()));
  }

  /** Returns the implementations that the device chooses among; none where it has one of each. */
  public List<Variant> variants() {
    try (IntPointer count = new IntPointer(1L);
        oct_variant variant = new oct_variant()) {
      Status.check(octothorpe.oct_variant_count(context(), count));
      List<Variant> variants = new ArrayList<>();
      for (int i = 0; i < count.get(); i++) {
        Status.check(octothorpe.oct_variant_at(context(), i, variant));
        variants.add(
            new Variant(
                Natives.text(variant.operation()),
                Natives.text(variant.pass()),
                Natives.text(variant.name()),
                Natives.text(variant.regime())));
      }
      return variants;
    }
  }

  /**
   * Makes one variant run wherever its pass is asked for, in place of the device's choice; other
   * passes are not affected. Calls prepared before keep their kernels. For tests and benchmarks.
   *
   * @param name that of one of {@link #variants}; null lets the device choose again
   * @throws IllegalArgumentException if there is no such variant; the message names those that
   *     there are
   */
  public void useVariant(@Nullable String name) {
    Status.check(octothorpe.oct_use_variant(context(), name));
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
      resources.values().forEach(Device::closeResource);
      closed = true;
      watch.closed();
      Status.check(octothorpe.oct_context_destroy(context));
    }
  }

  private static void closeResource(AutoCloseable resource) {
    try {
      resource.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
