package org.octothorpe.graph;

import org.octothorpe.Shape;

/** An activation of a graph: its shape is known, the planner assigns its memory. */
public final class Value {
  private final int id;
  private final String name;
  private final Shape shape;
  private int uses;

  Value(int id, String name, Shape shape) {
    this.id = id;
    this.name = name;
    this.shape = shape;
  }

  /** Returns the name of the node that makes it, or {@code input}. */
  public String name() {
    return name;
  }

  /** Returns the extents: [N,H,W,C], or [N,C] after pooling. */
  public Shape shape() {
    return shape;
  }

  /** Whether it is the input of the graph, which wants no gradient and is never overwritten. */
  boolean isInput() {
    return id == 0;
  }

  int uses() {
    return uses;
  }

  void use() {
    uses++;
  }

  @Override
  public String toString() {
    return name + shape;
  }
}
