package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Add;
import org.octothorpe.ops.Convert;

/** Collects the steps of a plan: nodes ask it for slots and parameters, and emit prepared calls. */
final class Emitter {
  /** A call with its place in the plan; {@code workspace} is null where it needs no scratch. */
  record Step(String name, String pass, @Nullable Slot workspace, Call call) {}

  private final Device device;
  private final DType dtype;
  private final boolean training;
  private final Parameters parameters;
  private final List<Step> steps = new ArrayList<>();
  private final List<Slot> roots = new ArrayList<>();
  private final List<Slot> slots = new ArrayList<>();
  private final Map<Value, Slot> activations = new HashMap<>();
  private final Map<Value, Slot> gradients = new HashMap<>();
  private final Map<Slot, Value> contributions = new HashMap<>();
  private final Set<Slot> taken = new HashSet<>();
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
    return output(value, null);
  }

  /**
   * A slot for a value. In inference, if the step is the only reader of {@code source}, the slot
   * reuses its memory; otherwise it is a new slot.
   */
  Slot output(Value value, @Nullable Value source) {
    Slot slot =
        source != null && !training && source.uses() == 1 && !source.isInput()
            ? inPlace(activation(source), value.name(), value.shape())
            : slot(value.name(), dtype, value.shape());
    activations.put(value, slot);
    return slot;
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
  void step(String name, Call call, List<Slot> reads, List<Slot> writes) {
    int index = steps.size();
    reads.forEach(slot -> slot.touch(index));
    writes.forEach(slot -> slot.touch(index));
    Slot workspace = null;
    if (call.workspaceBytes() > 0) {
      workspace = slot(name + " workspace", DType.U8, Shape.of(call.workspaceBytes()));
      workspace.touch(index);
    }
    steps.add(new Step(name, pass, workspace, call));
    writes.forEach(this::contribute);
  }

  /** The complete gradient of a value. */
  Slot gradient(Value value) {
    Slot slot = gradients.get(value);
    if (slot == null) {
      throw new IllegalStateException("no gradient arrives at " + value);
    }
    return slot;
  }

  /**
   * The slot that the node's next step writes the gradient of {@code value} to; once it is written,
   * it is added to what other readers of the value gave. Null if the gradient is not wanted: the
   * input of the graph has none.
   *
   * @param over a complete gradient that this step is the last to read, whose memory the slot
   *     reuses unless another gradient has taken it; null for none
   */
  @Nullable Slot gradientOf(Value value, @Nullable Slot over) {
    if (value.isInput()) {
      return null;
    }
    String name = "d " + value.name();
    Slot slot =
        over != null && taken.add(over.root())
            ? inPlace(over, name, value.shape())
            : slot(name, dtype, value.shape());
    contributions.put(slot, value);
    return slot;
  }

  /** Makes {@code target} equal to {@code source}, by a step unless they share their memory. */
  void copy(String name, Slot source, Slot target) {
    if (target.root() == source.root()) {
      contribute(target);
    } else {
      step(name, Convert.forward(source.tensor, target.tensor), List.of(source), List.of(target));
    }
  }

  private void contribute(Slot written) {
    Value value = contributions.remove(written);
    if (value == null) {
      return;
    }
    Slot sum = gradients.putIfAbsent(value, written);
    if (sum != null) {
      step(
          value.name() + " +=",
          Add.forward(sum.tensor, written.tensor, sum.tensor),
          List.of(sum, written),
          List.of(sum));
    }
  }

  private Slot inPlace(Slot source, String name, Shape shape) {
    Slot slot = Slot.inPlaceOf(source, name, device.unbound(source.dtype(), shape));
    slots.add(slot);
    return slot;
  }

  /** A new slot. */
  Slot slot(String name, DType type, Shape shape) {
    Slot slot = Slot.of(name, device.unbound(type, shape));
    roots.add(slot);
    slots.add(slot);
    return slot;
  }

  /** Closes the calls and slots of a plan that is not made. */
  void abandon() {
    steps.forEach(step -> step.call().close());
    slots.forEach(slot -> slot.tensor.close());
  }
}
