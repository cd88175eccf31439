package org.octothorpe.conformance;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.OctothorpeException;

/** The devices that every conformance test runs on. */
final class Devices {
  static final String GPU = "cuda:0";

  private static final @Nullable String NO_GPU = whyNoGpu();

  private Devices() {}

  /**
   * Returns their names, as {@link Device#open} takes them: the CPU, the emulated device, and a GPU
   * where one opens.
   */
  static List<String> names() {
    List<String> names = new ArrayList<>(List.of("cpu", "emulated"));
    if (NO_GPU == null) {
      names.add(GPU);
    }
    return names;
  }

  /** Returns why {@link #GPU} is not among them; null if it is. */
  static @Nullable String noGpu() {
    return NO_GPU;
  }

  private static @Nullable String whyNoGpu() {
    try (Device device = Device.open(GPU)) {
      device.synchronize();
      return null;
    } catch (OctothorpeException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
