package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;

/**
 * The steps of a graph in order, bound to one arena; running them allocates nothing, on the Java
 * heap or off it.
 *
 * <p>Used by {@link InferencePlan} and {@link TrainingPlan}, which own its inputs and outputs.
 */
public final class Plan implements AutoCloseable {
  private final Device device;
  private final Parameters parameters;
  private final Tensor arena;
  private final List<Slot> slots;
  private final List<Slot> roots;
  private final String[] names;
  private final String[] passes;
  private final Call[] calls;
  private final long[] nanoseconds;
  private long profiledRuns;
  private boolean profiling;
  private boolean closed;

  Plan(Emitter emitter, List<Slot> pinned) {
    this.device = emitter.device();
    this.parameters = emitter.parameters();
    this.slots = emitter.slots();
    this.roots = emitter.roots();
    int count = emitter.steps().size();
    for (Slot slot : pinned) {
      slot.touch(0);
      slot.touch(count - 1);
    }
    this.names = new String[count];
    this.passes = new String[count];
    this.calls = new Call[count];
    this.nanoseconds = new long[count];
    try {
      this.arena = device.allocate(DType.U8, Shape.of(Arena.place(roots)));
    } catch (RuntimeException e) {
      emitter.abandon();
      throw e;
    }
    for (int i = 0; i < count; i++) {
      calls[i] = emitter.steps().get(i).call();
    }
    try {
      bind(emitter.steps());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void bind(List<Emitter.Step> steps) {
    arena.zero();
    for (Slot slot : slots) {
      slot.tensor.bind(arena, slot.offset());
    }
    for (int i = 0; i < calls.length; i++) {
      Emitter.Step step = steps.get(i);
      names[i] = step.name();
      passes[i] = step.pass();
      Slot workspace = step.workspace();
      calls[i].bind(workspace == null ? null : workspace.tensor);
    }
  }

  /** Runs every step. */
  void run() {
    if (closed) {
      throw new IllegalStateException("the plan is used after close");
    }
    parameters.requireOpen();
    if (!profiling) {
      for (Call call : calls) {
        call.run();
      }
      return;
    }
    for (int i = 0; i < calls.length; i++) {
      long start = System.nanoTime();
      calls[i].run();
      device.synchronize();
      nanoseconds[i] += System.nanoTime() - start;
    }
    profiledRuns++;
  }

  /**
   * Turns the time profile on or off; while it is on, the device is synchronized after every step.
   */
  public void profile(boolean on) {
    profiling = on;
  }

  /** Returns the bytes of the arena. */
  public long arenaBytes() {
    return arena.bytes();
  }

  /**
   * Returns the bytes that all activations, gradients and scratch would take without sharing
   * memory.
   */
  public long unsharedBytes() {
    return roots.stream().mapToLong(slot -> Arena.aligned(slot.bytes())).sum();
  }

  /**
   * Returns the memory plan as a table: what lies where in the arena, and from which step to which.
   */
  public String memoryReport() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "arena %.1f MB for %.1f MB of tensors, %d steps%n%12s %12s %6s %6s  %s%n",
            arenaBytes() / 1e6,
            unsharedBytes() / 1e6,
            calls.length,
            "offset",
            "bytes",
            "from",
            "to",
            "tensor"));
    slots.stream()
        .sorted(Comparator.comparingInt(Slot::first).thenComparingLong(Slot::offset))
        .forEach(
            slot ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "%12d %12d %6d %6d  %s %s%s%s%n",
                        slot.offset(),
                        slot.bytes(),
                        slot.first(),
                        slot.last(),
                        slot.name,
                        slot.dtype(),
                        slot.shape(),
                        slot.root() == slot ? "" : " in place of " + slot.root().name)));
    return text.toString();
  }

  /**
   * Returns the mean time of each step since profiling was turned on, as a table, the slowest
   * first.
   */
  public String timeReport() {
    List<Integer> order = new ArrayList<>();
    long total = 0;
    for (int i = 0; i < calls.length; i++) {
      order.add(i);
      total += nanoseconds[i];
    }
    order.sort(Comparator.comparingLong((Integer i) -> nanoseconds[i]).reversed());
    StringBuilder text = new StringBuilder();
    double runs = Math.max(1, profiledRuns);
    text.append(
        String.format(
            Locale.ROOT,
            "%.3f ms a run, mean of %d runs%n%10s %7s  %-9s %s%n",
            total / runs / 1e6,
            profiledRuns,
            "ms",
            "share",
            "pass",
            "step"));
    for (int i : order) {
      text.append(
          String.format(
              Locale.ROOT,
              "%10.3f %6.1f%%  %-9s %s%n",
              nanoseconds[i] / runs / 1e6,
              100.0 * nanoseconds[i] / Math.max(1, total),
              passes[i],
              names[i]));
    }
    return text.toString();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      for (Call call : calls) {
        call.close();
      }
      slots.forEach(slot -> slot.tensor.close());
      arena.close();
    }
  }
}
