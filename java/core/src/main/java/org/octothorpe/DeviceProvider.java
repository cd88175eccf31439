package org.octothorpe;

/**
 * A kind of device beside the CPU, with kernels in a library of its own; found by {@link
 * java.util.ServiceLoader}, so that this artifact knows none of them.
 */
public interface DeviceProvider {
  /** Returns what the names of its devices begin with, such as {@code cuda}. */
  String kind();

  /**
   * Returns whether its devices are told apart by a number, as {@code cuda:0} and {@code cuda:1}.
   */
  boolean numbered();

  /**
   * Loads the library and returns the address of its {@code oct_device_table} (see {@code
   * device_table.h}), which lives as long as the process.
   *
   * @throws UnsatisfiedLinkError if the library cannot be loaded; the message says why, and what to
   *     add to the class path
   */
  long table();
}
