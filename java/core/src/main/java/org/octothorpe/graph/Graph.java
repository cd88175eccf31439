package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.octothorpe.Shape;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.MaxPool;

/**
 * A network as data: nodes in the order of the forward pass, each knowing its backward pass.
 *
 * <p>Built by the methods that append a node; a model calls them with its input and gets its
 * output. Nothing is computed here: a {@link Plan} does that.
 */
public final class Graph {
  private static final long MAX_POOL_KERNEL = 15;

  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, ParameterSpec> parameters = new LinkedHashMap<>();
  private final Value input;
  private int values;

  /** Starts a graph with an input of the given shape, [N,H,W,C]. */
  public Graph(Shape inputShape) {
    this.input = newValue("input", inputShape);
  }

  /** Returns the input. */
  public Value input() {
    return input;
  }

  /** Returns the state that the nodes need, in the order in which they were appended. */
  public List<ParameterSpec> parameters() {
    return List.copyOf(parameters.values());
  }

  /**
   * Appends a 2-D convolution without bias; parameter {@code name.weight} [K,R,S,C/G], He
   * initialized as torchvision does (fan out: deviation sqrt(2 / (K R S))).
   *
   * @param x [N,H,W,C]
   * @return [N,P,Q,outputs]
   */
  public Value conv(
      String name, Value x, long outputs, long kernel, long stride, long padding, long groups) {
    requireRank(name, x, 4);
    long channels = x.shape().get(3);
    if (groups < 1 || channels % groups != 0 || outputs % groups != 0) {
      throw new IllegalArgumentException(
          name
              + ": input channels "
              + channels
              + " and outputs "
              + outputs
              + " must be divisible by groups "
              + groups);
    }
    requireWindows(name, x, kernel, stride, padding);
    Shape weight = Shape.of(outputs, kernel, kernel, channels / groups);
    GroupedConv conv = GroupedConv.of(groups, stride, padding);
    parameter(
        name + ".weight",
        weight,
        ParameterSpec.Role.WEIGHT,
        Math.sqrt(2.0 / (outputs * kernel * kernel)),
        0);
    Value y = newValue(name, conv.outputShape(x.shape(), weight));
    return append(new ConvNode(name, x, y, conv));
  }

  /**
   * Appends a batch normalization with epsilon 1e-5 and momentum 0.1; parameters {@code
   * name.weight}, {@code name.bias}, {@code name.running_mean}, {@code name.running_var}.
   *
   * @param scale the start of {@code name.weight}: 1, or 0 for the last one of a residual block
   */
  public Value batchNorm(String name, Value x, double scale) {
    requireRank(name, x, 4);
    Shape channels = Shape.of(x.shape().get(3));
    parameter(name + ".weight", channels, ParameterSpec.Role.NORM, 0, scale);
    parameter(name + ".bias", channels, ParameterSpec.Role.NORM, 0, 0);
    parameter(name + ".running_mean", channels, ParameterSpec.Role.STATISTIC, 0, 0);
    parameter(name + ".running_var", channels, ParameterSpec.Role.STATISTIC, 0, 1);
    return append(new BatchNormNode(name, x, null, newValue(name, x.shape()), false));
  }

  /** Appends y = max(x, 0). */
  public Value relu(String name, Value x) {
    return append(new ReluNode(name, x, newValue(name, x.shape())));
  }

  /** Appends y = a + b, of one shape. */
  public Value add(String name, Value a, Value b) {
    if (!a.shape().equals(b.shape())) {
      throw new IllegalArgumentException(
          name + ": cannot add " + a + " and " + b + ", whose shapes differ");
    }
    return append(new AddNode(name, a, b, newValue(name, a.shape())));
  }

  /**
   * Appends a maximum over square windows; x [N,H,W,C].
   *
   * @param kernel rows and columns of a window, in [1,15]
   * @param stride distance of windows, at least 1
   * @param padding places around x that never win, in [0, kernel / 2], so that every window has a
   *     place of x
   */
  public Value maxPool(String name, Value x, long kernel, long stride, long padding) {
    requireRank(name, x, 4);
    requireIn(name, "kernel", kernel, 1, MAX_POOL_KERNEL);
    requireIn(name, "padding", padding, 0, kernel / 2);
    requireWindows(name, x, kernel, stride, padding);
    MaxPool pool = new MaxPool(kernel, stride, padding);
    return append(new MaxPoolNode(name, x, newValue(name, pool.outputShape(x.shape())), pool));
  }

  /** Appends the mean over H and W; x [N,H,W,C], result [N,C]. */
  public Value globalAveragePool(String name, Value x) {
    requireRank(name, x, 4);
    return append(
        new GlobalAveragePoolNode(
            name, x, newValue(name, Shape.of(x.shape().get(0), x.shape().get(3)))));
  }

  /**
   * Appends a fully connected layer; x [N,D], parameters {@code name.weight} [outputs,D] from N(0,
   * 0.01^2), {@code name.bias}.
   */
  public Value linear(String name, Value x, long outputs) {
    requireRank(name, x, 2);
    if (outputs < 1) {
      throw new IllegalArgumentException(name + ": outputs is " + outputs + ", but must be >= 1");
    }
    parameter(
        name + ".weight", Shape.of(outputs, x.shape().get(1)), ParameterSpec.Role.WEIGHT, 0.01, 0);
    parameter(name + ".bias", Shape.of(outputs), ParameterSpec.Role.BIAS, 0, 0);
    return append(new LinearNode(name, x, newValue(name, Shape.of(x.shape().get(0), outputs))));
  }

  // New builders: above this line, where ./octothorpe new-op puts them.

  /**
   * A convolution of a graph.
   *
   * @param x shape of the input, [N,H,W,C]
   * @param weight [K,R,S,C/G]
   * @param y shape of the output, [N,P,Q,K]
   */
  public record Convolution(String name, GroupedConv conv, Shape x, Shape weight, Shape y) {}

  /** Returns the convolutions in the order of the forward pass, for reports. */
  public List<Convolution> convolutions() {
    List<Convolution> found = new ArrayList<>();
    for (Node node : nodes) {
      if (node instanceof ConvNode c) {
        ParameterSpec weight = Objects.requireNonNull(parameters.get(c.name() + ".weight"));
        found.add(
            new Convolution(c.name(), c.conv(), c.x().shape(), weight.shape(), c.output().shape()));
      }
    }
    return found;
  }

  List<Node> nodes() {
    return nodes;
  }

  private void parameter(
      String key, Shape shape, ParameterSpec.Role role, double deviation, double mean) {
    if (parameters.put(key, new ParameterSpec(key, shape, role, deviation, mean)) != null) {
      throw new IllegalArgumentException("duplicate parameter key " + key);
    }
  }

  private Value newValue(String name, Shape shape) {
    return new Value(values++, name, shape);
  }

  private Value append(Node node) {
    node.inputs().forEach(Value::use);
    nodes.add(node);
    return node.output();
  }

  private static void requireWindows(String name, Value x, long kernel, long stride, long padding) {
    requireIn(name, "kernel", kernel, 1, Integer.MAX_VALUE);
    requireIn(name, "stride", stride, 1, Integer.MAX_VALUE);
    requireIn(name, "padding", padding, 0, Integer.MAX_VALUE);
    if (Math.min(x.shape().get(1), x.shape().get(2)) + 2 * padding < kernel) {
      throw new IllegalArgumentException(
          name
              + ": an input of shape "
              + x.shape()
              + " is smaller than the kernel "
              + kernel
              + " with padding "
              + padding);
    }
  }

  private static void requireIn(String name, String what, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + ": " + what + " is " + value + ", but must be in [" + least + "," + most + "]");
    }
  }

  private static void requireRank(String name, Value x, int rank) {
    if (x.shape().rank() != rank) {
      throw new IllegalArgumentException(
          name + ": the input has the shape " + x.shape() + ", but must have " + rank + " axes");
    }
  }
}
