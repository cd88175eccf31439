package org.octothorpe.conformance;

import java.util.List;

/** The devices that every conformance test runs on. */
final class Devices {
  private Devices() {}

  /** Returns their names, as {@link org.octothorpe.Device#open} takes them. */
  static List<String> names() {
    return List.of("cpu");
  }
}
