package org.octothorpe.onednn;

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
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.internal.Natives;
import org.octothorpe.ops.RefusedException;

/**
 * A short list of oneDNN primitives (a reorder of the weights, the product) that runs as one call.
 * Its workspace holds what passes between them and, behind that, one scratchpad that they share:
 * they run one after the other.
 */
final class OneDnnCall extends Call {
  private static final long ALIGNMENT = 64;

  private final OneDnnOperands operands;
  private final String provider;
  private final OneDnnHandles handles;
  private final dnnl_engine engine;
  private final dnnl_stream stream;
  private final int threads;
  private final List<Step> steps = new ArrayList<>();
  private dnnl_primitive[] primitives = {};
  private dnnl_exec_arg_t[] arguments = {};
  private int[] counts = {};
  private @Nullable OneDnnHandles bindings;
  private long reserved;
  private long scratchpad;
  private boolean zeroed;

  OneDnnCall(
      OneDnnOperands operands,
      String provider,
      dnnl_engine engine,
      dnnl_stream stream,
      Device device) {
    super(device, operands.all());
    this.operands = operands;
    this.provider = provider;
    this.handles = new OneDnnHandles(operands.what());
    this.threads = device.threads();
    this.engine = engine;
    this.stream = stream;
  }

  OneDnnHandles handles() {
    return handles;
  }

  dnnl_engine engine() {
    return engine;
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
  void reorder(Array from, Array to) throws RefusedException {
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
  public String name() {
    return operands.operation();
  }

  @Override
  public String provider() {
    return provider;
  }

  @Override
  public String kernel() {
    return "";
  }

  @Override
  public long workspaceBytes() {
    return reserved + aligned(scratchpad);
  }

  @Override
  protected void bindTo(@Nullable Tensor workspace) {
    checkWorkspace(workspace);
    operands.requireApart();
    if (bindings != null) {
      bindings.close();
    }
    OneDnnHandles made = new OneDnnHandles(operands.what());
    bindings = made;
    long memory = workspace == null ? 0 : workspace.address();
    primitives = new dnnl_primitive[steps.size()];
    arguments = new dnnl_exec_arg_t[steps.size()];
    counts = new int[steps.size()];
    for (int i = 0; i < primitives.length; i++) {
      Step step = steps.get(i);
      primitives[i] = step.primitive;
      counts[i] = step.arguments.size() + 1;
      arguments[i] = made.keep(new dnnl_exec_arg_t(counts[i]));
      for (int j = 0; j < step.arguments.size(); j++) {
        Argument argument = step.arguments.get(j);
        Array array = argument.array;
        Pointer data =
            switch (array.place) {
              case A -> Natives.pointer(operands.a().address());
              case B -> Natives.pointer(operands.b().address());
              case BIAS ->
                  operands.bias() == null ? null : Natives.pointer(operands.bias().address());
              case OUT -> Natives.pointer(operands.out().address());
              case WORKSPACE -> Natives.pointer(memory + array.offset);
              case CONSTANT -> array.data;
            };
        set(made, arguments[i].getPointer(j), argument.id, array.desc, data);
      }
      boolean none = dnnl.dnnl_memory_desc_get_size(step.scratchpad) == 0;
      set(
          made,
          arguments[i].getPointer(counts[i] - 1),
          dnnl.DNNL_ARG_SCRATCHPAD,
          step.scratchpad,
          none ? null : Natives.pointer(memory + reserved));
    }
  }

  @Override
  protected void enqueue() {
    if (zeroed) {
      operands.out().zero();
    }
    // A call may run on another thread than the last: the library reads the count of the thread
    // that calls.
    octothorpe.oct_set_calling_thread_parallelism(threads);
    for (int i = 0; i < primitives.length; i++) {
      int status = dnnl.dnnl_primitive_execute(primitives[i], stream, counts[i], arguments[i]);
      if (status != dnnl.dnnl_success) {
        throw OneDnnStatus.failure(status, operands.what());
      }
    }
  }

  private void set(
      OneDnnHandles made,
      dnnl_exec_arg_t entry,
      int id,
      dnnl_memory_desc desc,
      @Nullable Pointer data) {
    entry.arg(id).memory(made.memory(desc, engine, data));
  }

  private void checkWorkspace(@Nullable Tensor workspace) {
    if (workspaceBytes() == 0 || workspace == null) {
      return;
    }
    if (workspace.bytes() < workspaceBytes()) {
      throw new IllegalArgumentException(
          operands.what()
              + ": workspace is "
              + workspace.bytes()
              + " bytes, but must be at least "
              + workspaceBytes()
              + " bytes");
    }
    if (workspace.address() % ALIGNMENT != 0) {
      throw new IllegalArgumentException(
          operands.what() + ": workspace must be aligned to " + ALIGNMENT + " bytes");
    }
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  @Override
  protected void release() {
    if (bindings != null) {
      bindings.close();
    }
    handles.close();
  }
}
