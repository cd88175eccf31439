package com.example;

import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.ops.GroupedConv;

/** One operation by itself: a grouped convolution, by whoever computes it on the device. */
public final class Convolve {
  private Convolve() {}

  /** Prints the result; the argument is a device, {@code cpu} if there is none. */
  public static void main(String[] args) {
    float[] y = run(args.length > 0 ? args[0] : "cpu");
    System.out.println("corner " + y[0] + ", center " + y[8 * (4 + 1)]);
  }

  /** Convolves ones [1,4,4,8] with a 3x3 filter of ones in 4 groups; returns y [1,4,4,8]. */
  static float[] run(String deviceName) {
    var conv = GroupedConv.of(4, 1, 1); // groups, stride, padding
    try (var device = Device.open(deviceName);
        var x = device.allocate(DType.F32, Shape.nhwc(1, 4, 4, 8));
        var weight = device.allocate(DType.F32, Shape.of(8, 3, 3, 8 / 4)); // [K,R,S,C/G]
        var y = device.allocate(DType.F32, conv.outputShape(x.shape(), weight.shape()));
        var call = conv.forward(x, weight, null, y)) { // checked and chosen once
      x.copyFrom(ones(x.shape()));
      weight.copyFrom(ones(weight.shape()));
      call.run(); // as often as wanted
      return y.toFloats();
    }
  }

  private static float[] ones(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    java.util.Arrays.fill(values, 1);
    return values;
  }
}
