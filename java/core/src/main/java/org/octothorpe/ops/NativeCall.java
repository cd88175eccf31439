package org.octothorpe.ops;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Device;
import org.octothorpe.Status;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_call;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.internal.Natives;

/** A call of this library's own kernels, an {@code oct_call}. */
final class NativeCall extends Call {
  private static final Cleaner CLEANER = Cleaner.create();

  private final String name;
  private final @Nullable Tensor[] tensors;
  private final oct_call call;
  private final Cleaner.Cleanable memory;

  private NativeCall(Device device, String name, @Nullable Tensor[] tensors, oct_call call) {
    super(device, present(tensors));
    this.name = name;
    this.tensors = tensors;
    this.call = call;
    this.memory = CLEANER.register(this, new Memory(call));
  }

  /** The native call, which nothing but its {@link NativeCall} uses. */
  private record Memory(oct_call call) implements Runnable {
    @Override
    public void run() {
      octothorpe.oct_call_destroy(call);
    }
  }

  /** An {@code oct_<name>_prepare} function. */
  @FunctionalInterface
  interface Preparation<A> {
    int prepare(oct_context context, A arguments, oct_call call);
  }

  /**
   * Prepares a call.
   *
   * @param arguments the argument struct with its options set; freed here
   * @param tensors those of the struct, in its order; null for an absent one
   * @throws IllegalArgumentException if they break a rule of the operation
   * @throws org.octothorpe.OctothorpeException if the device has no kernel for them; the message
   *     says why
   */
  static <A extends Pointer> Call prepare(
      String name, Preparation<A> preparation, A arguments, @Nullable Tensor... tensors) {
    Device device = deviceOf(name, tensors);
    try (arguments) {
      oct_tensor views = new oct_tensor(arguments);
      for (int i = 0; i < tensors.length; i++) {
        describe(views.position(i), tensors[i]);
      }
      oct_call call = new oct_call(null);
      oct_context context = new oct_context(Natives.pointer(device.contextAddress()));
      Status.check(preparation.prepare(context, arguments, call));
      return new NativeCall(device, name, tensors.clone(), call);
    }
  }

  private static Device deviceOf(String name, @Nullable Tensor[] tensors) {
    Device device = null;
    for (Tensor tensor : tensors) {
      if (tensor == null) {
        continue;
      }
      if (device != null && tensor.device() != device) {
        throw new IllegalArgumentException(
            name + ": its tensors are on " + device + " and on another " + tensor.device());
      }
      device = tensor.device();
    }
    if (device == null) {
      throw new IllegalArgumentException(
          name + ": no tensor is given, but there must be at least one");
    }
    return device;
  }

  private static void describe(oct_tensor view, @Nullable Tensor tensor) {
    int rank = tensor == null ? 0 : tensor.shape().rank();
    view.rank(rank).dtype(tensor == null ? 0 : tensor.dtype().code());
    long stride = 1;
    for (int i = 3; i >= 0; i--) {
      long extent = tensor != null && i < rank ? tensor.shape().get(i) : 1;
      view.shape(i, extent).stride(i, i < rank ? stride : 1);
      stride *= extent;
    }
  }

  private static List<Tensor> present(@Nullable Tensor[] tensors) {
    List<Tensor> present = new ArrayList<>();
    for (Tensor tensor : tensors) {
      if (tensor != null) {
        present.add(tensor);
      }
    }
    return present;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String provider() {
    return OctothorpeKernels.NAME;
  }

  @Override
  public String kernel() {
    return Natives.text(octothorpe.oct_call_variant(call));
  }

  @Override
  public long workspaceBytes() {
    return octothorpe.oct_call_workspace(call);
  }

  @Override
  protected void bindTo(@Nullable Tensor workspace) {
    try (LongPointer addresses = new LongPointer(tensors.length);
        PointerPointer<Pointer> data = new PointerPointer<>(addresses)) {
      for (int i = 0; i < tensors.length; i++) {
        Tensor tensor = tensors[i];
        addresses.put(i, tensor == null ? 0 : tensor.address());
      }
      Pointer scratch = workspace == null ? null : Natives.pointer(workspace.address());
      long bytes = workspace == null ? 0 : workspace.bytes();
      Status.check(octothorpe.oct_call_bind(call, data, tensors.length, scratch, bytes));
    }
  }

  @Override
  protected void enqueue() {
    Status.check(octothorpe.oct_call_run(call));
  }

  @Override
  protected void release() {
    memory.clean();
  }
}
