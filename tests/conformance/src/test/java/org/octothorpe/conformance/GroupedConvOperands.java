package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.oracle.NaiveConv;

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
  }

  void forward() {
    Workbench.run(layer.conv().forward(x, weight, bias, y));
  }

  void run() {
    forward();
    Workbench.run(layer.conv().backwardData(dy, weight, dx));
    Workbench.run(layer.conv().backwardWeight(x, dy, dweight, dbias));
  }

  float[][] results() {
    return new float[][] {y.toFloats(), dx.toFloats(), dweight.toFloats(), dbias.toFloats()};
  }

  void check(String where) {
    NaiveConv naive = layer.naive();
    double[] xs = Workbench.doubles(x);
    double[] weights = Workbench.doubles(weight);
    double[] dys = Workbench.doubles(dy);
    Workbench.check("y" + where, naive.forward(xs, weights, Workbench.doubles(bias)), y);
    Workbench.check("dx" + where, naive.backwardData(dys, weights), dx);
    Workbench.check("dweight" + where, naive.backwardWeight(xs, dys), dweight);
    Workbench.check("dbias" + where, naive.backwardBias(dys), dbias);
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
    for (Tensor tensor : new Tensor[] {x, weight, bias, dy, y, dx, dweight, dbias}) {
      tensor.close();
    }
  }
}
