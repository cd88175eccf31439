package org.octothorpe.data.loading;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.faults.UnreadableDataException;
import org.octothorpe.train.Batch;

/**
 * The batches of a loader on their way round: free, being filled by several threads at once, ready
 * in the order of the steps, in use.
 *
 * <p>One lock guards it; threads take a few images at a time, so it is rarely contended.
 */
final class BatchRing {
  /** The images [first, first + count) of the batch of a step. */
  record Task(PendingBatch batch, long step, int first, int count) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition workChanged = lock.newCondition();
  private final Condition readyChanged = lock.newCondition();
  private final ArrayDeque<PendingBatch> free = new ArrayDeque<>();
  private final ArrayDeque<PendingBatch> filling = new ArrayDeque<>();
  private final List<PendingBatch> all = new ArrayList<>();
  private final Steps steps;
  private final int chunk;
  private long nextStep;
  private int nextImage;
  private @Nullable PendingBatch
      claimed; // of nextStep, while some of its images have no worker yet
  private @Nullable PendingBatch inUse;
  private @Nullable Throwable failure;
  private boolean closed;
  private long waitedNanos;

  /** Allocates the batches. */
  BatchRing(LoaderOptions options, Steps steps) {
    this.steps = steps;
    this.chunk = Math.max(1, Math.min(8, options.batch() / (2 * options.threads())));
    for (int i = 0; i < options.prefetch(); i++) {
      PendingBatch batch = new PendingBatch(options);
      all.add(batch);
      free.add(batch);
    }
  }

  /**
   * Returns what a worker does next, waiting for a free batch; null when there is nothing more to
   * do.
   */
  @Nullable Task take() throws InterruptedException {
    lock.lock();
    try {
      while (claimed == null) {
        if (closed || failure != null || nextStep >= steps.count()) {
          return null;
        }
        PendingBatch batch = free.poll();
        if (batch == null) {
          workChanged.await();
        } else {
          batch.begin(steps.size(nextStep));
          filling.add(batch);
          claimed = batch;
          nextImage = 0;
        }
      }
      if (closed || failure != null) {
        return null;
      }
      PendingBatch batch = claimed;
      int count = Math.min(chunk, batch.size() - nextImage);
      Task task = new Task(batch, nextStep, nextImage, count);
      nextImage += count;
      if (nextImage == batch.size()) {
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
    if (task.batch().filled(task.count())) {
      lock.lock();
      try {
        task.batch().ready = true;
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
  Batch next(long step) throws InterruptedException {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the loader is closed");
      }
      if (inUse != null) {
        takeBack(inUse);
      }
      long start = System.nanoTime();
      PendingBatch first = filling.peek();
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
      return first.batch();
    } finally {
      lock.unlock();
    }
  }

  /** Takes back the batch in use, to be filled again; the lock is held. */
  private void takeBack(PendingBatch batch) {
    if (batch.batch().isClosed()) {
      throw new IllegalStateException(
          "a batch of the loader was closed; the loader owns its batches and closes them itself");
    }
    inUse = null;
    batch.ready = false;
    free.add(batch);
    workChanged.signalAll();
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

  /** Lets workers end; returns whether this is the first call. */
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
    all.forEach(batch -> batch.batch().close());
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
