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

  /**
   * Returns what this program printed without a line of JavaCPP's: the newest presets of oneDNN
   * come with those of OpenCL of the version before, and JavaCPP says so.
   */
  public static String ours(String output) {
    return output.replaceAll("Warning: Versions of org.bytedeco:javacpp:.*opencl.*\n", "");
  }
}
