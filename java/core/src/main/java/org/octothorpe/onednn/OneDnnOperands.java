package org.octothorpe.onednn;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Pass;
import org.octothorpe.Tensor;
import org.octothorpe.ops.ConvProblem;
import org.octothorpe.ops.LinearProblem;

/**
 * The tensors of one pass as oneDNN takes them: two inputs, an optional bias or its gradient, and
 * the output.
 *
 * @param what the pass with its shapes, for messages
 * @param operation as in {@code convolution_forward}
 * @param a x or, in the pass backward_data, dy
 * @param b weight or, in the pass backward_weight, dy
 * @param bias F32, or null
 * @param out y, dx or dweight
 */
record OneDnnOperands(
    String what, String operation, Tensor a, Tensor b, @Nullable Tensor bias, Tensor out) {
  static OneDnnOperands of(ConvProblem p) {
    return of(p.toString(), "convolution", p.pass(), p.x(), p.weight(), p.bias(), p.y());
  }

  static OneDnnOperands of(LinearProblem p) {
    return of(p.toString(), "linear", p.pass(), p.x(), p.weight(), p.bias(), p.y());
  }

  private static OneDnnOperands of(
      String what,
      String operation,
      Pass pass,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor y) {
    String name = operation + "_" + pass.name().toLowerCase(Locale.ROOT);
    return switch (pass) {
      case FORWARD -> new OneDnnOperands(what, name, x, weight, bias, y);
      case BACKWARD_DATA -> new OneDnnOperands(what, name, y, weight, null, x);
      case BACKWARD_WEIGHT -> new OneDnnOperands(what, name, x, y, bias, weight);
    };
  }

  /**
   * Throws if the output overlaps another operand in memory.
   *
   * @throws IllegalArgumentException that names them
   */
  void requireApart() {
    for (Tensor other : all().subList(1, all().size())) {
      boolean apart =
          other.address() + other.bytes() <= out.address()
              || out.address() + out.bytes() <= other.address();
      if (!apart) {
        throw new IllegalArgumentException(
            what + ": the output overlaps " + other + " in memory; they must be apart");
      }
    }
  }

  /** Returns those that are there, the output first. */
  List<Tensor> all() {
    List<Tensor> all = new ArrayList<>(List.of(out, a, b));
    if (bias != null) {
      all.add(bias);
    }
    return all;
  }
}
