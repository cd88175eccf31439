package org.octothorpe;

import java.io.PrintStream;

/** A plain user's program: it opens a device and prints a line. */
public final class QuietProgram {
  private QuietProgram() {}

  public static void main(String[] arguments) {
    PrintStream err = System.err;
    try (Device device = Device.open("cpu");
        Tensor tensor = device.allocate(DType.F32, Shape.of(3))) {
      tensor.zero();
    }
    System.out.println(err == System.err ? "done" : "the error stream was left changed");
  }
}
