package org.octothorpe;

/** An operation bound to its tensors, to be run as often as wanted. */
@FunctionalInterface
public interface Call {
  /**
   * Enqueues the operation. Makes no garbage unless it fails.
   *
   * @throws IllegalArgumentException if an argument breaks a rule; the message names operation,
   *     argument, value and rule
   * @throws org.octothorpe.OctothorpeException if the device fails
   */
  void run();
}
