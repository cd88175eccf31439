package org.octothorpe.onednn;

import org.octothorpe.dense.DenseCall;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.Call;
import org.octothorpe.ops.Status;

/**
 * A short list of oneDNN primitives (a reorder of the weights, the product) that runs as one call.
 * Its workspace holds what passes between them and, behind that, one scratchpad that they share:
 * they run one after the other.
 */
public final class OneDnnCall implements DenseCall {
  private static final long ALIGNMENT = 64;

  private final OneDnnHandles handles;
  private final dnnl_engine engine;
  private final dnnl_stream stream;
  private final Device device;
  private final int threads;
  private final List<Step> steps = new ArrayList<>();
  private final List<Operand> operands = new ArrayList<>();
  private long reserved;
  private long scratchpad;
  private boolean zeroed;
  private boolean closed;

  OneDnnCall(OneDnnHandles handles, dnnl_engine engine, dnnl_stream stream, Device device) {
    this.handles = handles;
    this.device = device;
    this.threads = device.threads();
    this.engine = engine;
    this.stream = stream;
  }

  /** Where the memory of an argument is. */
  enum Place {
    A,
    B,
    BIAS,
    OUT,
    WORKSPACE,
    CONSTANT
  }

  /**
   * An array and where it is: {@code offset} counts bytes into the workspace; {@code data} is a
   * constant's.
   */
  record Array(dnnl_memory_desc desc, Place place, long offset, @Nullable Pointer data) {
    static Array of(dnnl_memory_desc desc, Place place) {
      return new Array(desc, place, 0, null);
    }

    /** Returns the same memory, seen by another description. */
    Array as(dnnl_memory_desc other) {
      return new Array(other, place, offset, data);
    }
  }

  /** One argument of a primitive. */
  record Argument(int id, Array array) {}

  private record Step(
      dnnl_primitive primitive, dnnl_memory_desc scratchpad, List<Argument> arguments) {}

  private record Operand(String name, DType dtype, Shape shape) {
    void check(String what, @Nullable Tensor tensor) {
      if (tensor == null || tensor.dtype() != dtype || !tensor.shape().equals(shape)) {
        throw new IllegalArgumentException(
            what
                + ": "
                + name
                + " is "
                + (tensor == null ? "null" : "" + tensor.dtype() + tensor.shape())
                + ", but must be "
                + dtype
                + shape);
      }
    }
  }

  /**
   * Names the operands that {@link #bind} then checks, in its order; without the bias where there
   * is none.
   */
  void expect(String name, DType dtype, Shape shape) {
    operands.add(new Operand(name, dtype, shape));
  }

  /** Has the output filled with zeros before the first primitive runs. */
  void zeroOutputFirst() {
    zeroed = true;
  }

  /** Returns a new array in the workspace. */
  Array reserve(dnnl_memory_desc desc) {
    Array array = new Array(desc, Place.WORKSPACE, reserved, null);
    reserved += aligned(dnnl.dnnl_memory_desc_get_size(desc));
    return array;
  }

  /** Appends a copy of one array to another of the same extents. */
  void reorder(Array from, Array to) throws OneDnnUnsupported {
    dnnl_primitive_attr attributes = handles.attributes();
    add(
        handles.requireFast(
            handles.describe(
                out ->
                    dnnl.dnnl_reorder_primitive_desc_create(
                        out, from.desc, engine, to.desc, engine, attributes))),
        List.of(new Argument(dnnl.DNNL_ARG_FROM, from), new Argument(dnnl.DNNL_ARG_TO, to)));
  }

  /** Appends a primitive. */
  void add(dnnl_primitive_desc desc, List<Argument> arguments) {
    dnnl_memory_desc scratch =
        dnnl.dnnl_primitive_desc_query_md(desc, dnnl.dnnl_query_scratchpad_md, 0);
    scratchpad = Math.max(scratchpad, dnnl.dnnl_memory_desc_get_size(scratch));
    steps.add(new Step(handles.primitive(desc), scratch, List.copyOf(arguments)));
  }

  @Override
  public long workspaceBytes() {
    return reserved + aligned(scratchpad);
  }

  @Override
  public Call bind(
      Tensor a, Tensor b, @Nullable Tensor bias, Tensor out, @Nullable Tensor workspace) {
    requireOpen();
    check(a, b, bias, out, workspace);
    Pointer memory = workspace == null ? null : workspace.data();
    dnnl_primitive[] primitives = new dnnl_primitive[steps.size()];
    dnnl_exec_arg_t[] arguments = new dnnl_exec_arg_t[steps.size()];
    int[] counts = new int[steps.size()];
    for (int i = 0; i < primitives.length; i++) {
      Step step = steps.get(i);
      primitives[i] = step.primitive;
      counts[i] = step.arguments.size() + 1;
      arguments[i] = handles.keep(new dnnl_exec_arg_t(counts[i]));
      for (int j = 0; j < step.arguments.size(); j++) {
        Argument argument = step.arguments.get(j);
        Array array = argument.array;
        Pointer data =
            switch (array.place) {
              case A -> a.data();
              case B -> b.data();
              case BIAS -> bias == null ? null : bias.data();
              case OUT -> out.data();
              case WORKSPACE -> at(memory, array.offset);
              case CONSTANT -> array.data;
            };
        set(arguments[i].getPointer(j), argument.id, array.desc, data);
      }
      Pointer scratch =
          dnnl.dnnl_memory_desc_get_size(step.scratchpad) == 0 ? null : at(memory, reserved);
      set(
          arguments[i].getPointer(counts[i] - 1),
          dnnl.DNNL_ARG_SCRATCHPAD,
          step.scratchpad,
          scratch);
    }
    if (!zeroed) {
      return () -> run(primitives, arguments, counts);
    }
    oct_context context = device.context();
    Pointer output = out.data();
    long bytes = out.bytes();
    return () -> {
      requireOpen();
      Status.check(octothorpe.oct_zero(context, output, bytes));
      run(primitives, arguments, counts);
    };
  }

  private void run(dnnl_primitive[] primitives, dnnl_exec_arg_t[] arguments, int[] counts) {
    requireOpen();
    // A call may run on another thread than the last: the library reads the count of the thread
    // that calls.
    octothorpe.oct_set_calling_thread_parallelism(threads);
    for (int i = 0; i < primitives.length; i++) {
      int status = dnnl.dnnl_primitive_execute(primitives[i], stream, counts[i], arguments[i]);
      if (status != dnnl.dnnl_success) {
        throw OneDnnStatus.failure(status, handles.what());
      }
    }
  }

  private void set(dnnl_exec_arg_t entry, int id, dnnl_memory_desc desc, @Nullable Pointer data) {
    entry.arg(id).memory(handles.memory(desc, engine, data));
  }

  private void check(
      Tensor a, Tensor b, @Nullable Tensor bias, Tensor out, @Nullable Tensor workspace) {
    String what = handles.what();
    boolean biased = operands.size() == 4;
    operands.get(0).check(what, a);
    operands.get(1).check(what, b);
    if (biased) {
      operands.get(2).check(what, bias);
    } else if (bias != null) {
      throw new IllegalArgumentException(
          what + ": bias is " + bias + ", but must be null: prepared without a bias");
    }
    operands.get(operands.size() - 1).check(what, out);
    if (workspaceBytes() > 0) {
      if (workspace == null || workspace.bytes() < workspaceBytes()) {
        throw new IllegalArgumentException(
            what
                + ": workspace is "
                + (workspace == null ? "null" : workspace.bytes() + " bytes")
                + ", but must be at least "
                + workspaceBytes()
                + " bytes");
      }
      if (workspace.data().address() % ALIGNMENT != 0) {
        throw new IllegalArgumentException(
            what + ": workspace must be aligned to " + ALIGNMENT + " bytes");
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(handles.what() + " is used after close");
    }
  }

  private static @Nullable Pointer at(@Nullable Pointer memory, long offset) {
    return memory == null ? null : new Pointer(memory).getPointer(BytePointer.class, offset);
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      handles.close();
    }
  }
}
