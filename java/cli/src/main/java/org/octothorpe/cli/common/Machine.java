package org.octothorpe.cli.common;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Facts of the machine, read from Linux's {@code /proc} and {@code /etc}. */
public final class Machine {
  /**
   * The features that the kernels' instruction sets are made of, as {@code /proc/cpuinfo} calls
   * them.
   */
  private static final List<String> FEATURES =
      List.of("sse4_2", "avx2", "fma", "avx512f", "avx512vl", "avx512_bf16", "amx_bf16");

  private static final Path PROC = Path.of("/proc");

  private Machine() {}

  /** Returns the name of the distribution, or of the kernel. */
  public static String operatingSystem() {
    String kernel = System.getProperty("os.name") + " " + System.getProperty("os.version");
    String name = value(Path.of("/etc/os-release"), "PRETTY_NAME", "=").replace("\"", "");
    return (name.isEmpty() ? "" : name + ", ") + kernel + ", " + System.getProperty("os.arch");
  }

  /** Returns the processor's name. */
  public static String processor() {
    String name = value(Path.of("/proc/cpuinfo"), "model name", ":");
    return name.isEmpty() ? "unknown" : name;
  }

  /** Returns those of the features that matter here that the processor has. */
  public static List<String> features() {
    Set<String> all = Set.of(distinct(value(Path.of("/proc/cpuinfo"), "flags", ":")));
    List<String> found = new ArrayList<>();
    for (String feature : FEATURES) {
      if (all.contains(feature)) {
        found.add(feature);
      }
    }
    return found;
  }

  /** Returns the memory that is free for use by this process, in MiB, or -1. */
  public static long availableMebibytes() {
    return Math.min(mebibytes("MemAvailable"), ControlGroups.read(PROC).available() >> 20);
  }

  /** Returns the memory that this process may use at most, in MiB, or -1. */
  public static long totalMebibytes() {
    return Math.min(mebibytes("MemTotal"), ControlGroups.read(PROC).limit() >> 20);
  }

  /** Returns whether a container, a job or a service may use less than the machine has. */
  public static boolean isLimited() {
    return totalMebibytes() < mebibytes("MemTotal");
  }

  private static long mebibytes(String key) {
    String kibibytes = value(Path.of("/proc/meminfo"), key, ":").replace("kB", "").strip();
    return kibibytes.isEmpty() ? -1 : Long.parseLong(kibibytes) / 1024;
  }

  private static String[] distinct(String words) {
    return List.of(words.split("\\s+")).stream().distinct().toArray(String[]::new);
  }

  /** Returns the value of the first line {@code key separator value}, or "". */
  private static String value(Path file, String key, String separator) {
    try {
      for (String line : Files.readAllLines(file)) {
        int at = line.indexOf(separator);
        if (at > 0 && line.substring(0, at).strip().equals(key)) {
          return line.substring(at + separator.length()).strip();
        }
      }
    } catch (IOException e) {
      return "";
    }
    return "";
  }
}
