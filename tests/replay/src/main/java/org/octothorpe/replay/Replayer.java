package org.octothorpe.replay;

import java.util.List;
import org.octothorpe.Device;

/** Runs the cases of one kind. */
@FunctionalInterface
interface Replayer {
  /**
   * Runs a case and compares every expected tensor of it.
   *
   * @throws IllegalArgumentException if the case lacks something or asks for what the library has
   *     not
   */
  List<Comparison> run(Device device, Precision precision, GoldenCase golden);
}
