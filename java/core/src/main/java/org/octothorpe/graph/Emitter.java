package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.dense.DenseCall;
import org.octothorpe.ops.Add;
import org.octothorpe.Call;
import org.octothorpe.ops.Convert;

/** Collects the steps of a plan: nodes ask it for slots and parameters, and emit calls. */
final class Emitter {
  /**
   * A call to be bound once every slot has memory; `workspace` is null where no scratch was asked
   * for.
   */
  interface Binder {
    Call bind(@Nullable Tensor workspace);
  }

  record Step(String name, String pass, @Nullable Slot workspace, Binder binder) {}

  private final Device device;
  private final DType dtype;
  private final boolean training;
  private final Parameters parameters;
  private final List<Step> steps = new ArrayList<>();
  private final List<Slot> roots = new ArrayList<>();
  private final List<Slot> slots = new ArrayList<>();
  private final List<DenseCall> denseCalls = new ArrayList<>();
  private final Map<Value, Slot> activations = new HashMap<>();
  private final Map<Value, Slot> gradients = new HashMap<>();
  private final Map<String, Slot> saved = new HashMap<>();
  private String pass = "forward";

  Emitter(Device device, DType dtype, boolean training, Parameters parameters) {
    this.device = device;
    this.dtype = dtype;
    this.training = training;
    this.parameters = parameters;
  }

  Device device() {
    return device;
  }

  /** The type of activations, weights and their gradients. */
  DType dtype() {
    return dtype;
  }

  boolean training() {
    return training;
  }

  Parameters parameters() {
    return parameters;
  }

  List<Step> steps() {
    return steps;
  }

  List<Slot> roots() {
    return roots;
  }

  List<Slot> slots() {
    return slots;
  }

  List<DenseCall> denseCalls() {
    return denseCalls;
  }

  void startBackward() {
    pass = "backward";
  }

  /** The weight of a node in the plan's type. */
  Tensor weight(String key) {
    return parameters.weight(key, dtype);
  }

  /** The slot that holds a value. */
  Slot activation(Value value) {
    Slot slot = activations.get(value);
    if (slot == null) {
      throw new IllegalStateException("the value " + value + " is read before it is made");
    }
    return slot;
  }

  /** A new slot for a value. */
  Slot output(Value value) {
    Slot slot = slot(value.name(), dtype, value.shape());
    activations.put(value, slot);
    return slot;
  }

  /** A slot for a value in the memory of another one that nobody reads any more. */
  Slot outputInPlace(Value value, Slot source) {
    Slot slot = Slot.inPlaceOf(source, value.name(), device.unbound(dtype, value.shape()));
    slots.add(slot);
    activations.put(value, slot);
    return slot;
  }

  /**
   * Whether {@code value} may be overwritten by its only reader: inference, and nobody else reads
   * it.
   */
  boolean overwritable(Value value) {
    return !training && value.uses() == 1 && value.id() != 0;
  }

  /** A new slot that the forward pass leaves for the backward pass. */
  Slot save(String name, DType type, Shape shape) {
    Slot slot = slot(name, type, shape);
    saved.put(name, slot);
    return slot;
  }

  /** A slot of {@link #save}. */
  Slot saved(String name) {
    Slot slot = saved.get(name);
    if (slot == null) {
      throw new IllegalStateException(name + " was not saved");
    }
    return slot;
  }

  /** Appends a step that reads and writes the given slots. */
  void step(String name, long workspaceBytes, List<Slot> reads, List<Slot> writes, Binder binder) {
    int index = steps.size();
    reads.forEach(slot -> slot.touch(index));
    writes.forEach(slot -> slot.touch(index));
    Slot workspace = null;
    if (workspaceBytes > 0) {
      workspace = slot(name + " workspace", DType.U8, Shape.of(workspaceBytes));
      workspace.touch(index);
    }
    steps.add(new Step(name, pass, workspace, binder));
  }

  /** Keeps a dense call, which the plan closes. */
  DenseCall keep(DenseCall call) {
    denseCalls.add(call);
    return call;
  }

  /** The complete gradient of a value. */
  Slot gradient(Value value) {
    Slot slot = gradients.get(value);
    if (slot == null) {
      throw new IllegalStateException("no gradient arrives at " + value);
    }
    return slot;
  }

  boolean hasGradient(Value value) {
    return gradients.containsKey(value);
  }

  /** Whether the gradient of a value is wanted at all: not for the input of the graph. */
  boolean wantsGradient(Value value) {
    return value.id() != 0;
  }

  /**
   * Emits, by {@code emit}, a step that writes a gradient of {@code value} into the slot it is
   * given; adds it to an earlier one.
   */
  void contribute(Value value, Consumer<Slot> emit) {
    Slot slot = slot("d " + value.name(), dtype, value.shape());
    emit.accept(slot);
    take(value, slot);
  }

  /**
   * Makes a slot whose contents nobody else reads a gradient of {@code value}; adds it to an
   * earlier one.
   */
  void take(Value value, Slot contribution) {
    Slot sum = gradients.get(value);
    if (sum == null) {
      gradients.put(value, contribution);
      return;
    }
    step(
        value.name() + " +=",
        0,
        List.of(sum, contribution),
        List.of(sum),
        workspace -> Add.forward(device, sum.tensor, contribution.tensor, sum.tensor));
  }

  /**
   * As {@link #take}, for a slot that somebody still reads: an earlier gradient is added to, else a
   * copy is made.
   */
  void copyTo(Value value, Slot contribution) {
    if (hasGradient(value)) {
      take(value, contribution);
    } else {
      contribute(
          value,
          slot ->
              step(
                  value.name() + " copy",
                  0,
                  List.of(contribution),
                  List.of(slot),
                  workspace -> Convert.forward(device, contribution.tensor, slot.tensor)));
    }
  }

  /** A slot in the memory of {@code source}, for a gradient. */
  Slot inPlace(Slot source, String name, Shape shape) {
    Slot slot = Slot.inPlaceOf(source, name, device.unbound(source.dtype(), shape));
    slots.add(slot);
    return slot;
  }

  Slot slot(String name, DType type, Shape shape) {
    Slot slot = Slot.of(name, device.unbound(type, shape));
    roots.add(slot);
    slots.add(slot);
    return slot;
  }

  /** Binds every step; called when every slot has memory. */
  <T> List<T> bind(Function<Step, T> binding) {
    return steps.stream().map(binding).toList();
  }
}
