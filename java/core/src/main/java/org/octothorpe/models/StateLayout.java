package org.octothorpe.models;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.octothorpe.Shape;
import org.octothorpe.graph.Graph;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.StateDict;

/**
 * The state of a network as files hold it: torchvision's keys, filters as KCRS, and beside each
 * running variance the batches that it has seen.
 *
 * @param model the network's name, for messages
 * @param specs the entries in memory
 */
public record StateLayout(String model, List<ParameterSpec> specs) {
  private static final String BATCHES = ".num_batches_tracked";
  private static final String VARIANCE = ".running_var";

  /** Up to here every whole number is a double. */
  private static final double MOST_BATCHES = 0x1p53;

  /** Returns the layout of an architecture. */
  public static StateLayout of(ResNeXt architecture) {
    return new StateLayout(architecture.toString(), specs(architecture));
  }

  /**
   * Returns the tensors of this layout in a state dict that another program may have written.
   *
   * @throws org.octothorpe.io.StateMismatchException if keys, shapes or types do not agree; see
   *     {@link StateDict#strict}
   * @throws IllegalArgumentException if a value is not finite or a variance is negative; see {@link
   *     StateDict#requireSound}
   */
  public StateDict fit(StateDict state) {
    Map<String, long[]> expected = new LinkedHashMap<>();
    for (ParameterSpec spec : specs) {
      expected.put(spec.key(), fileShape(spec));
      if (isVariance(spec)) {
        expected.put(batchesKey(spec), new long[0]);
      }
    }
    return state.strict(model, expected).requireSound();
  }

  /**
   * Returns the batches that the last running variance of a fitted state has seen. Nothing is
   * computed from them, so that a number that is not a count, as a narrow type leaves it, is as
   * good as none.
   */
  OptionalLong trainedBatches(StateDict fitted) {
    OptionalLong batches = OptionalLong.empty();
    for (ParameterSpec spec : specs) {
      if (isVariance(spec) && fitted.contains(batchesKey(spec))) {
        HostTensor counter = fitted.get(batchesKey(spec));
        double value = counter.toDoubles()[0];
        if (value >= 0 && value <= MOST_BATCHES && value == Math.rint(value)) {
          batches = OptionalLong.of((long) value);
        }
      }
    }
    return batches;
  }

  static List<ParameterSpec> specs(ResNeXt architecture) {
    // Parameters do not depend on the input: any shape that passes through the network will do.
    Graph graph = new Graph(Shape.nhwc(1, 256, 256, 3));
    architecture.buildLogits(graph);
    return graph.parameters();
  }

  static boolean isVariance(ParameterSpec spec) {
    return spec.key().endsWith(VARIANCE);
  }

  static String batchesKey(ParameterSpec variance) {
    return variance.key().substring(0, variance.key().length() - VARIANCE.length()) + BATCHES;
  }

  static long[] fileShape(ParameterSpec spec) {
    Shape s = spec.shape();
    return s.rank() == 4 ? new long[] {s.get(0), s.get(3), s.get(1), s.get(2)} : s.toArray();
  }
}
