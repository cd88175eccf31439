package org.octothorpe.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.Device;
import org.octothorpe.OctothorpeException;

/**
 * The NVIDIA GPUs that open as devices, or the library's own reason why there is none.
 *
 * @param names as {@code --device} takes them
 * @param reason why the next one does not open
 */
record Gpus(List<String> names, String reason) {
  /** Opens one after the other. */
  static Gpus find() {
    List<String> names = new ArrayList<>();
    while (true) {
      try (Device device = Device.open("cuda:" + names.size())) {
        names.add(device.name());
      } catch (IllegalArgumentException | OctothorpeException e) {
        return new Gpus(List.copyOf(names), String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public String toString() {
    return names.isEmpty() ? "no: " + reason : "yes: --device " + String.join(", ", names);
  }
}
