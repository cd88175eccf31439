package org.octothorpe.data;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The batches of a loader on their way round: free, being filled by several threads at once, ready
 * in the order of the steps, in use.
 *
 * <p>One lock guards it; threads take a few images at a time, so it is rarely contended.
 */
final class BatchRing {
  /** The images [first, first + count) of a step, which is being filled into {@code slot}. */
  record Task(Slot slot, long step, int first, int count) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition workChanged = lock.newCondition();
  private final Condition readyChanged = lock.newCondition();
  private final ArrayDeque<Slot> free = new ArrayDeque<>();
  private final ArrayDeque<Slot> filling = new ArrayDeque<>();
  private final List<Slot> all = new ArrayList<>();
  private final long steps;
  private final int chunk;
  private long nextStep;
  private int nextImage;
  private @Nullable Slot claimed; // of nextStep, while some of its images are nobody's
  private @Nullable Slot inUse;
  private @Nullable Throwable failure;
  private boolean closed;
  private long waitedNanos;

  /** A ring for {@code steps} steps whose images are handed out {@code chunk} at a time. */
  BatchRing(long steps, int chunk) {
    this.steps = steps;
    this.chunk = chunk;
  }

  /** Adds an empty batch; before any thread uses the ring. */
  void add(Slot slot) {
    all.add(slot);
    free.add(slot);
  }

  /**
   * Returns what a worker does next, waiting for a free batch; null when there is nothing more to
   * do.
   */
  @Nullable Task take() throws InterruptedException {
    lock.lock();
    try {
      while (claimed == null) {
        if (closed || failure != null || nextStep >= steps) {
          return null;
        }
        Slot slot = free.poll();
        if (slot == null) {
          workChanged.await();
        } else {
          slot.begin(nextStep);
          filling.add(slot);
          claimed = slot;
          nextImage = 0;
        }
      }
      if (closed || failure != null) {
        return null;
      }
      Slot slot = claimed;
      int count = Math.min(chunk, slot.size() - nextImage);
      Task task = new Task(slot, nextStep, nextImage, count);
      nextImage += count;
      if (nextImage == slot.size()) {
        claimed = null;
        nextStep++;
      }
      return task;
    } finally {
      lock.unlock();
    }
  }

  /** Marks the images of a task as filled. */
  void done(Task task) {
    if (task.slot().filled(task.count())) {
      lock.lock();
      try {
        task.slot().ready = true;
        readyChanged.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Ends everything because a worker failed; {@link #next} throws the first failure. */
  void fail(Throwable cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
      }
      workChanged.signalAll();
      readyChanged.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the next step's batch, waiting until it is filled; the one before goes back to be
   * filled again.
   */
  Slot next(long step) throws InterruptedException {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the loader is closed");
      }
      if (inUse != null) {
        recycle(inUse);
      }
      long start = System.nanoTime();
      Slot first = filling.peek();
      while (failure == null && !closed && (first == null || !first.ready)) {
        readyChanged.await();
        first = filling.peek();
      }
      waitedNanos += System.nanoTime() - start;
      if (failure != null) {
        rethrow(failure);
      }
      if (closed || first == null) {
        throw new IllegalStateException(
            "the loader was closed while step " + step + " was awaited");
      }
      filling.remove();
      inUse = first;
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a batch back, if it is the one in use. */
  void recycle(Slot slot) {
    lock.lock();
    try {
      if (slot == inUse) {
        inUse = null;
        slot.ready = false;
        free.add(slot);
        workChanged.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the time that {@link #next} waited, in nanoseconds. */
  long waitedNanos() {
    lock.lock();
    try {
      return waitedNanos;
    } finally {
      lock.unlock();
    }
  }

  /** Lets workers end; false if they have been told before. */
  boolean close() {
    lock.lock();
    try {
      boolean first = !closed;
      closed = true;
      workChanged.signalAll();
      readyChanged.signalAll();
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** Frees the batches, when no worker is left. */
  void free() {
    all.forEach(slot -> slot.batch().free());
  }

  private static void rethrow(Throwable cause) {
    if (cause instanceof BadSamplesException bad) {
      throw new BadSamplesException(bad); // with the trace of both threads
    }
    if (cause instanceof UnreadableDataException gone) {
      throw new UnreadableDataException(String.valueOf(gone.getMessage()), new IOException(gone));
    }
    if (cause instanceof OutOfMemoryError memory) {
      throw memory;
    }
    String message = cause.getMessage();
    throw new IllegalStateException(
        "a loader thread failed: " + (message != null ? message : cause.toString()), cause);
  }
}
