package org.octothorpe;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a device is opened by: {@code cpu}, or the kind of a {@link DeviceProvider}, with a number
 * where there may be several of the kind.
 *
 * @param provider null for the CPU
 * @param ordinal the number, 0 where the name has none
 */
record DeviceName(@Nullable DeviceProvider provider, int ordinal) {
  static final String CPU = "cpu";

  /** At most nine digits: any such number is an int. */
  private static final Pattern NUMBERED = Pattern.compile("(\\w+):(\\d{1,9})");

  /** Returns the names that there are, {@code N} standing for a number. */
  static List<String> all() {
    List<String> names = new ArrayList<>(List.of(CPU));
    for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
      names.add(provider.numbered() ? provider.kind() + ":N" : provider.kind());
    }
    return names;
  }

  /**
   * Finds what a name stands for.
   *
   * @throws IllegalArgumentException if there is no such device; the message names those that there
   *     are
   */
  static DeviceName parse(String name) {
    if (name.equals(CPU)) {
      return new DeviceName(null, 0);
    }
    Matcher numbered = NUMBERED.matcher(name);
    String kind = numbered.matches() ? numbered.group(1) : name;
    for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
      if (provider.kind().equals(kind) && provider.numbered() == numbered.matches()) {
        return new DeviceName(
            provider, provider.numbered() ? Integer.parseInt(numbered.group(2)) : 0);
      }
    }
    List<String> names = all();
    throw new IllegalArgumentException(
        "device is '"
            + name
            + "', but must be one of: "
            + String.join(", ", names)
            + (names.size() > 1
                ? ""
                : "; org.octothorpe:octothorpe-cuda on the class path adds emulated and cuda:N"));
  }
}
