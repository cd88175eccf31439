package org.octothorpe.data.machine;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Threads that share numbered tasks. */
public final class Workers {
  /** A task among others. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does task {@code task}.
     *
     * @param worker who does it, in [0, threads): its state is this task's alone meanwhile
     */
    void run(int task, int worker) throws IOException;
  }

  private Workers() {}

  /**
   * Runs tasks 0 to count - 1; after a failure no further one begins, and the first is thrown.
   *
   * @param name of the threads, followed by a number
   * @param threads at most
   */
  public static void run(String name, int threads, int count, Task task) throws IOException {
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean failed = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>(null);
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(threads, count); i++) {
      int worker = i;
      Runnable loop =
          () -> {
            try {
              for (int n = next.getAndIncrement();
                  n < count && !failed.get();
                  n = next.getAndIncrement()) {
                task.run(n, worker);
              }
            } catch (Throwable e) { // an Error too: the caller throws it
              failure.compareAndSet(null, e);
              failed.set(true);
            }
          };
      Thread thread = new Thread(loop, name + "-" + i);
      thread.setDaemon(true);
      workers.add(thread);
      thread.start();
    }
    join(workers, failed);
    rethrow(failure.get());
  }

  private static void join(List<Thread> workers, AtomicBoolean failed) throws IOException {
    try {
      for (Thread worker : workers) {
        worker.join();
      }
    } catch (InterruptedException e) {
      failed.set(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private static void rethrow(@Nullable Throwable failure) throws IOException {
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }
}
