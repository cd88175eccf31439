package org.octothorpe.graph;

import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;

/**
 * A piece of the arena with a lifetime in steps. Slots made {@link #inPlaceOf in place} share the
 * memory of their root.
 */
final class Slot {
  final String name;
  final Tensor tensor;
  private final @Nullable Slot source;
  private int first = Integer.MAX_VALUE;
  private int last = -1;
  private long offset = -1;

  private Slot(String name, Tensor tensor, @Nullable Slot source) {
    this.name = name;
    this.tensor = tensor;
    this.source = source;
  }

  static Slot of(String name, Tensor unbound) {
    return new Slot(name, unbound, null);
  }

  /**
   * A slot that takes over the memory of {@code source}, which is dead once this one is written.
   */
  static Slot inPlaceOf(Slot source, String name, Tensor unbound) {
    if (unbound.bytes() > source.root().tensor.bytes()) {
      throw new IllegalArgumentException(name + " does not fit into the memory of " + source.name);
    }
    return new Slot(name, unbound, source);
  }

  Slot root() {
    return source == null ? this : source.root();
  }

  void touch(int step) {
    Slot root = root();
    root.first = Math.min(root.first, step);
    root.last = Math.max(root.last, step);
  }

  int first() {
    return root().first;
  }

  int last() {
    return root().last;
  }

  long offset() {
    return root().offset;
  }

  void place(long newOffset) {
    offset = newOffset;
  }

  long bytes() {
    return tensor.bytes();
  }

  DType dtype() {
    return tensor.dtype();
  }

  Shape shape() {
    return tensor.shape();
  }
}
