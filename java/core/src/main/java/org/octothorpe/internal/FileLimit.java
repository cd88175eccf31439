package org.octothorpe.internal;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The number of files that this process may have open at once, {@code ulimit -n}: a limit of the
 * machine, so that a file that cannot be opened because of it says nothing about the data.
 */
public final class FileLimit {
  private static final String REACHED = "Too many open files"; // also of the whole system
  private static final Path ALWAYS_THERE = Path.of("/dev/null");
  private static final long ENOUGH = 4096;

  private FileLimit() {}

  /** Returns the limit; {@link Long#MAX_VALUE} if there is none. */
  public static long most() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }

  /** Returns whether a failure to open a file has this limit as its cause, in any language. */
  public static boolean reached(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (String.valueOf(cause.getMessage()).contains(REACHED)) {
        return true;
      }
    }
    try (FileChannel probe = FileChannel.open(ALWAYS_THERE)) {
      return !probe.isOpen();
    } catch (IOException e) {
      return true;
    }
  }

  /** Returns what the limit is and how to raise it. */
  public static String advice() {
    return String.format(
            Locale.ROOT,
            "this process may have %d files open at once, and all are in use; allow more with",
            most())
        + String.format(
            Locale.ROOT,
            " 'ulimit -n %d' before the command, or give fewer threads (--loader-threads, --threads)",
            Math.max(ENOUGH, 2 * Math.min(most(), 1 << 20)));
  }
}
