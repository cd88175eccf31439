package org.octothorpe;

import org.octothorpe.bindings.octothorpe;
import org.octothorpe.internal.Natives;

/** The native library: its version, and the instruction set of its CPU kernels. */
public final class Library {
  private Library() {}

  /**
   * Loads the library, once per process. Whatever needs it calls this by itself.
   *
   * @throws OctothorpeException if it cannot be loaded; the message says why and what to do
   */
  public static void load() {
    try {
      Natives.load();
    } catch (UnsatisfiedLinkError e) {
      throw new OctothorpeException(Status.UNSUPPORTED, String.valueOf(e.getMessage()));
    }
  }

  /** Returns the version, as in {@code 0.1.0}. */
  public static String version() {
    load();
    return Natives.text(octothorpe.oct_version());
  }

  /** Returns the instruction set of the CPU kernels, as in {@code x86-64-v4+bf16}. */
  public static String cpuInstructionSet() {
    load();
    return Natives.text(octothorpe.oct_cpu_isa());
  }

  /**
   * Returns why the environment variable {@code OCTOTHORPE_ISA} was not followed; empty if it was,
   * or is not set.
   */
  public static String cpuInstructionSetWarning() {
    load();
    return Natives.text(octothorpe.oct_cpu_isa_warning());
  }
}
