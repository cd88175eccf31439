package org.octothorpe.cli;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Initializes the presets of OpenCL, from which those of oneDNN inherit, without the line that they
 * print.
 *
 * <p>oneDNN's newest presets come with the OpenCL presets of the version before, since no newer
 * ones are published; JavaCPP warns of that on the error stream of every program. Nothing here uses
 * OpenCL. For the milliseconds of the initialization the error stream is one that leaves out this
 * line of this thread and hands on everything else. This program may do that to its own error
 * stream; the library, which lives in other people's programs, does not.
 */
final class QuietVersionCheck {
  private static final String PRESETS = "org.bytedeco.opencl.presets.OpenCL";

  private QuietVersionCheck() {}

  static void run() {
    PrintStream before = System.err;
    Sieve sieve = new Sieve(before, Thread.currentThread());
    System.setErr(sieve);
    try {
      Class.forName(PRESETS, true, QuietVersionCheck.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      // Without them oneDNN's presets cannot be loaded either, and that load says so.
      return;
    } finally {
      if (System.err == sieve) { // not if the program set another one meanwhile
        System.setErr(before);
      }
    }
  }

  private static final class Sieve extends PrintStream {
    private final PrintStream target;
    private final Thread thread;

    Sieve(PrintStream target, Thread thread) {
      super(target, true);
      this.target = target;
      this.thread = thread;
    }

    @Override
    public void println(@Nullable String line) {
      boolean warning =
          line != null
              && line.startsWith("Warning: Versions of org.bytedeco:javacpp:")
              && line.contains("org.bytedeco:opencl:");
      if (!warning || Thread.currentThread() != thread) {
        target.println(line);
      }
    }
  }
}
