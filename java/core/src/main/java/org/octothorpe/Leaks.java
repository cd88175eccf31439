package org.octothorpe;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports native memory whose owner was garbage collected without being closed. It frees nothing:
 * memory is freed by who owns it, at a moment that the program chooses.
 *
 * <p>With the system property {@code octothorpe.leaks=true} a report shows where the memory was
 * allocated.
 */
public final class Leaks {
  private static final Logger LOG = LoggerFactory.getLogger(Leaks.class);
  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong REPORTED = new AtomicLong();
  private static final boolean TRACE = Boolean.getBoolean("octothorpe.leaks");

  private Leaks() {}

  /** Returns how many leaks this process has reported. */
  public static long reported() {
    return REPORTED.get();
  }

  /** Watches an owner until {@link Watch#closed} is called. */
  static Watch watch(Object owner, String what) {
    Watch watch = new Watch(what);
    CLEANER.register(owner, watch);
    return watch;
  }

  /** What is known of an owner; it must not refer to it. */
  static final class Watch implements Runnable {
    private final String what;
    private final @Nullable Throwable allocation;
    private volatile boolean closed;

    private Watch(String what) {
      this.what = what;
      this.allocation = TRACE ? new Throwable("allocated here") : null;
    }

    void closed() {
      closed = true;
    }

    @Override
    public void run() {
      if (!closed) {
        REPORTED.incrementAndGet();
        LOG.warn(
            "{} was never closed; its native memory is lost{}",
            what,
            TRACE ? "" : " (-Doctothorpe.leaks=true shows where it was allocated)",
            allocation);
      }
    }
  }
}
