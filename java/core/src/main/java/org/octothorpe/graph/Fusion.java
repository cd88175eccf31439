package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fuses a batch norm with the residual add and the ReLU behind it, which saves one to three passes
 * over the activations.
 *
 * <p>The fused node stands where the last of its parts stood, since the residual may be made after
 * the batch norm.
 */
final class Fusion {
  private Fusion() {}

  /** Returns the nodes of the graph, fused. */
  static List<Node> apply(Graph graph) {
    Map<Value, Node> readers = new HashMap<>();
    for (Node node : graph.nodes()) {
      for (Value input : node.inputs()) {
        readers.put(input, node);
      }
    }
    Set<Node> absorbed = new HashSet<>();
    Map<Node, Node> fused = new HashMap<>();
    for (Node node : graph.nodes()) {
      if (!(node instanceof BatchNormNode bn)) {
        continue;
      }
      Node next = soleReader(readers, bn.output(), absorbed);
      if (next instanceof ReluNode relu) {
        absorbed.add(bn);
        absorbed.add(relu);
        fused.put(relu, new BatchNormNode(bn.name(), bn.x(), null, relu.output(), true));
      } else if (next instanceof AddNode add && !add.a().equals(add.b())) {
        Value residual = add.a().equals(bn.output()) ? add.b() : add.a();
        Node last = soleReader(readers, add.output(), absorbed);
        boolean relu = last instanceof ReluNode;
        Node end = last instanceof ReluNode r ? r : add;
        absorbed.add(bn);
        absorbed.add(add);
        absorbed.add(end);
        fused.put(end, new BatchNormNode(bn.name(), bn.x(), residual, end.output(), relu));
      }
    }
    List<Node> result = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Node replacement = fused.get(node);
      if (replacement != null) {
        result.add(replacement);
      } else if (!absorbed.contains(node)) {
        result.add(node);
      }
    }
    return result;
  }

  private static @Nullable Node soleReader(
      Map<Value, Node> readers, Value value, Set<Node> absorbed) {
    Node reader = value.uses() == 1 ? readers.get(value) : null;
    return reader == null || absorbed.contains(reader) ? null : reader;
  }
}
