package org.octothorpe.internal;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Reports native memory whose owner was garbage collected without being closed. It frees nothing:
 * memory is freed by who owns it, at a moment that the program chooses.
 *
 * <p>With the system property {@code octothorpe.leaks=true} a report shows where the memory was
 * allocated.
 */
public final class Leaks {
  // The platform's logger: no library to choose, and a leak is seen where nobody chose one.
  private static final System.Logger LOG = System.getLogger(Leaks.class.getName());
  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong REPORTED = new AtomicLong();
  private static final boolean TRACE = Boolean.getBoolean("octothorpe.leaks");

  private Leaks() {}

  /** Returns how many leaks this process has reported. */
  public static long reported() {
    return REPORTED.get();
  }

  /** Watches an owner until {@link Watch#closed} is called. */
  public static Watch watch(Object owner, String what) {
    Watch watch = new Watch(what);
    CLEANER.register(owner, watch);
    return watch;
  }

  /** What is known of an owner; it must not refer to it. */
  public static final class Watch implements Runnable {
    private final String what;
    private final @Nullable Throwable allocation;
    private volatile boolean closed;

    private Watch(String what) {
      this.what = what;
      this.allocation = TRACE ? new Throwable("allocated here") : null;
    }

    /** Notes that the owner was closed. */
    public void closed() {
      closed = true;
    }

    @Override
    public void run() {
      if (!closed) {
        REPORTED.incrementAndGet();
        LOG.log(
            System.Logger.Level.WARNING,
            what
                + " was never closed; its native memory is lost"
                + (TRACE ? "" : " (-Doctothorpe.leaks=true shows where it was allocated)"),
            allocation);
      }
    }
  }
}
