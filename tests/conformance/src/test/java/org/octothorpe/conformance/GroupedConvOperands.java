package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.Pass;

/** The tensors of one convolution, inputs in [-1, 1), and the checks of its results. */
final class GroupedConvOperands implements AutoCloseable {
  final Device device;
  final GroupedConvLayer layer;
  final Tensor x;
  final Tensor weight;
  final Tensor bias;
  final Tensor dy;
  final Tensor y;
  final Tensor dx;
  final Tensor dweight;
  final Tensor dbias;
  final Tensor workspace;

  GroupedConvOperands(Device device, DType dtype, GroupedConvLayer layer, long seed) {
    this.device = device;
    this.layer = layer;
    x = Values.random(device, dtype, layer.x(), seed, 1);
    weight = Values.random(device, dtype, layer.weight(), seed + 1, 1);
    bias = Values.random(device, DType.F32, Shape.of(layer.k()), seed + 2, 1);
    dy = Values.random(device, dtype, layer.y(), seed + 3, 1);
    y = device.allocate(dtype, layer.y());
    dx = device.allocate(dtype, layer.x());
    dweight = device.allocate(DType.F32, layer.weight());
    dbias = device.allocate(DType.F32, Shape.of(layer.k()));
    long bytes = 1;
    for (Pass pass : Pass.values()) {
      bytes =
          Math.max(
              bytes,
              layer
                  .conv()
                  .workspaceBytes(device, pass, layer.x(), layer.weight(), layer.y(), dtype));
    }
    workspace = device.allocate(DType.U8, Shape.of(bytes));
  }

  void forward() {
    layer.conv().forward(device, x, weight, bias, y, workspace).run();
  }

  void run() {
    forward();
    layer.conv().backwardData(device, dy, weight, dx, workspace).run();
    layer.conv().backwardWeight(device, x, dy, dweight, dbias, workspace).run();
  }

  float[][] results() {
    return new float[][] {y.toFloats(), dx.toFloats(), dweight.toFloats(), dbias.toFloats()};
  }

  void check(String where) {
    GroupedConvOracle oracle =
        new GroupedConvOracle(
            layer, x.toFloats(), weight.toFloats(), bias.toFloats(), dy.toFloats());
    check("y" + where, oracle.y, y);
    check("dx" + where, oracle.dx, dx);
    check("dweight" + where, oracle.dweight, dweight);
    check("dbias" + where, oracle.dbias, dbias);
  }

  /**
   * A sum of n products in F32, in any order, fused or not, is off by at most (n + 1) 2^-24 of the
   * sum of their magnitudes (Higham 2002, section 3.1; the 1 % covers the terms of second order).
   * Denormal products of BF16 may count as 0. A BF16 result is then rounded to 8 bits, by at most
   * 2^-8 of its value.
   */
  static void check(String what, GroupedConvOracle.Sums expected, Tensor actual) {
    float[] values = actual.toFloats();
    assertThat(values).hasSameSizeAs(expected.value);
    for (int i = 0; i < values.length; i++) {
      int n = expected.terms[i];
      double tolerance = 1.01 * (n + 1) * 0x1p-24 * expected.magnitude[i] + n * 0x1p-126;
      if (actual.dtype() == DType.BF16) {
        tolerance += 0x1p-8 * (Math.abs(expected.value[i]) + tolerance);
      }
      // Not the other way round: NaN fails.
      if (!(Math.abs(values[i] - expected.value[i]) <= tolerance)) {
        throw new AssertionError(
            what
                + "["
                + i
                + "] is "
                + values[i]
                + ", expected "
                + expected.value[i]
                + " +- "
                + tolerance);
      }
    }
  }

  void checkDirection(Tensor input, Tensor gradient) {
    float[] at = input.toFloats();
    float[] slope = gradient.toFloats();
    float[] upstream = dy.toFloats();
    double expected = 0;
    double[] sums = new double[2];
    try (Tensor direction = Values.random(device, DType.F32, input.shape(), 9, 1)) {
      float[] step = direction.toFloats();
      for (int i = 0; i < at.length; i++) {
        expected += (double) slope[i] * step[i];
      }
      for (int side = 0; side < 2; side++) {
        float[] moved = at.clone();
        for (int i = 0; i < at.length; i++) {
          moved[i] += side == 0 ? step[i] : -step[i];
        }
        input.copyFrom(moved);
        forward();
        float[] result = y.toFloats();
        for (int i = 0; i < result.length; i++) {
          sums[side] += (double) result[i] * upstream[i];
        }
      }
    }
    input.copyFrom(at);
    // y is linear in each input, so a step of 1 has no truncation error; what is left is
    // rounding. An output sums at most n = 9 C/G
    // products and the bias, each at most 2 in magnitude, so it is off by at most (n + 2) 2^-24 2
    // (n + 1), and so is its share of the
    // gradient; the inputs moved are rounded by 2^-24 each, which is less. |dy| and the direction
    // are at most 1.
    double n = 9.0 * layer.c() / layer.conv().groups();
    double tolerance = upstream.length * 2 * (2 * (n + 2) * (n + 1)) * 0x1p-24;
    assertThat((sums[0] - sums[1]) / 2).isCloseTo(expected, within(tolerance));
  }

  @Override
  public void close() {
    for (Tensor tensor : new Tensor[] {x, weight, bias, dy, y, dx, dweight, dbias, workspace}) {
      tensor.close();
    }
  }
}
