package org.octothorpe.cli.replay;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.ops.Sgd;

/** Optimiser steps over two parameters in one flat array. Masters are F32 in either type; BF16 adds the rounded copies. */
final class SgdReplayer implements Replayer {
  @Override
  public List<Comparison> replay(GoldenCase golden, Device device, DType dtype) {
    if (golden.number("dampening") != 0) {
      throw new CommandFailure(golden.name() + ": dampening is " + golden.number("dampening") + ", but must be 0");
    }
    List<String> names = new ArrayList<>();
    while (golden.has("p" + names.size() + "_init")) {
      names.add("p" + names.size());
    }
    long[] ends = new long[names.size()];
    long total = 0;
    for (int i = 0; i < ends.length; i++) {
      total += golden.tensor(names.get(i) + "_init").elements();
      ends[i] = total;
    }
    float[] decays = new float[ends.length];
    java.util.Arrays.fill(decays, (float) golden.number("weight_decay"));
    Tensor parameter = device.allocate(DType.F32, Shape.of(total));
    Tensor gradient = device.allocate(DType.F32, Shape.of(total));
    Tensor buffer = device.allocate(DType.F32, Shape.of(total));
    @Nullable Tensor copy = dtype == DType.BF16 ? device.allocate(DType.BF16, Shape.of(total)) : null;
    Tensor segmentEnds = device.allocate(DType.I64, Shape.of(ends.length));
    Tensor segmentDecay = device.allocate(DType.F32, Shape.of(ends.length));
    segmentEnds.copyFrom(ends);
    segmentDecay.copyFrom(decays);
    buffer.zero();
    parameter.copyFrom(join(golden, names, "_init", (int) total));
    List<Comparison> results = new ArrayList<>();
    try (Sgd sgd = new Sgd((float) golden.number("momentum"), golden.flag("nesterov"))) {
      int steps = golden.json().get("lr_per_step").size();
      for (int step = 1; step <= steps; step++) {
        gradient.copyFrom(join(golden, names, "_grad_step" + step, (int) total));
        sgd.learningRate((float) golden.json().get("lr_per_step").get(step - 1).asDouble());
        sgd.step(device, parameter, gradient, buffer, copy, segmentEnds, segmentDecay).run();
        // Every step rounds a parameter about four times, constants included.
        double tolerance = 4.0 * step * F32_ROUNDING;
        split(results, golden, names, "_after_step" + step, Replayer.download(parameter), tolerance);
        split(results, golden, names, "_momentum_after_step" + step, Replayer.download(buffer), tolerance);
        if (copy != null) {
          double[] values = Replayer.download(copy);
          results.add(
              Comparison.within(
                  "bf16 copies of step " + step, values, Replayer.download(parameter), BF16_ROUNDING));
        }
      }
    }
    Replayer.close(parameter, gradient, buffer, copy, segmentEnds, segmentDecay);
    return results;
  }

  private static float[] join(GoldenCase golden, List<String> names, String suffix, int total) {
    float[] joined = new float[total];
    int at = 0;
    for (String name : names) {
      float[] values = golden.tensor(name + suffix).toFloats();
      System.arraycopy(values, 0, joined, at, values.length);
      at += values.length;
    }
    return joined;
  }

  private static void split(
      List<Comparison> results, GoldenCase golden, List<String> names, String suffix, double[] values, double tolerance) {
    int at = 0;
    for (String name : names) {
      double[] expected = golden.values(name + suffix);
      double[] part = java.util.Arrays.copyOfRange(values, at, at + expected.length);
      results.add(Comparison.within(name + suffix, part, expected, tolerance));
      at += expected.length;
    }
  }
}
