package org.octothorpe.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.octothorpe.data.BatchRing.Task;
import org.octothorpe.random.Philox;
import org.octothorpe.train.Batch;
import org.octothorpe.train.BatchSource;

/**
 * A source of batches, read and decoded ahead by threads of its own, in an order that depends on
 * nothing but the seed.
 *
 * <p>All images ever delivered have a position, counted over all epochs and processes from 0; image
 * and augmentation are pure functions of seed and position. So the number of images consumed is the
 * whole state of a loader, and neither threads nor processes nor an interruption change what a
 * position holds. An image that cannot be used is counted in {@link Dataset#bad} and replaced by
 * the one that stands next in its epoch's order. Images with a {@link Sample#repeat} appear that
 * often an epoch on average, so that epochs differ a little in length; {@link #epochImages} is
 * their mean.
 *
 * <p>A batch belongs to the loader and is valid until the next one is asked for, or until it or the
 * loader is closed. Use a loader from one thread.
 */
public final class Loader implements BatchSource, Iterable<Batch> {
  private final Dataset data;
  private final LoaderOptions options;
  private final Augmentation augmentation;
  private final EpochOrder order;
  private final Philox random;
  private final BatchRing ring;
  private final long steps;
  private final long end; // position after the last image
  private final List<Thread> threads = new ArrayList<>();
  private long step;
  private long consumed;

  Loader(LoaderOptions options) {
    this.data = options.data;
    this.options = options;
    this.augmentation = options.augmentationOrDefault();
    this.order = new EpochOrder(data, options.shuffle, options.seed);
    this.random = Philox.of(options.seed, "augmentation");
    this.end = options.once ? Math.max(order.length(0), options.start) : Long.MAX_VALUE;
    long perStep = (long) options.batch * options.processes;
    this.steps = options.once ? (end - options.start + perStep - 1) / perStep : Long.MAX_VALUE;
    this.consumed = options.start;
    int chunk = Math.max(1, Math.min(8, options.batch / (2 * options.threads)));
    this.ring = new BatchRing(steps, chunk);
    for (int i = 0; i < options.prefetch; i++) {
      ring.add(new Slot(options, this::sizeOfStep, ring::recycle));
    }
    for (int i = 0; i < options.threads; i++) {
      Thread thread = new Thread(this::work, "octothorpe-loader-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  /** Returns whether there is another batch; always, unless the loader delivers one epoch only. */
  public boolean hasNext() {
    return step < steps;
  }

  /**
   * Returns the next batch; the one before must not be used any more. On the last step of an epoch
   * that is delivered once, it may be smaller, and empty for a process that has no share in it.
   *
   * @throws NoSuchElementException after the last one
   * @throws BadSamplesException if too many images of the data set cannot be used
   */
  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the loader has delivered all " + steps + " batches");
    }
    try {
      Batch batch = ring.next(step).batch();
      consumed = Math.min(end, options.start + (step + 1) * options.batch * options.processes);
      step++;
      return batch;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    }
  }

  /**
   * Returns the images consumed by all processes together, the latest batch included: where another
   * loader may start.
   */
  public long consumed() {
    return consumed;
  }

  @Override
  public double waitedSeconds() {
    return ring.waitedNanos() * 1e-9;
  }

  @Override
  public long epochImages() {
    return options.shuffle ? data.epochImages() : data.size();
  }

  /** Returns the data set. */
  public Dataset data() {
    return data;
  }

  /** Returns an iterator over the batches that are left; it shares the loader's place. */
  @Override
  public Iterator<Batch> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return Loader.this.hasNext();
      }

      @Override
      public Batch next() {
        return Loader.this.next();
      }
    };
  }

  // Each step takes a run of batch x processes positions; this process's share is the run's part
  // `rank`.
  private long firstPosition(long ofStep) {
    return options.start + (ofStep * options.processes + options.rank) * options.batch;
  }

  private int sizeOfStep(long ofStep) {
    return (int) Math.max(0, Math.min(options.batch, end - firstPosition(ofStep)));
  }

  private void work() {
    try (ImageReader reader = new ImageReader(options.imageSize, augmentation)) {
      for (Task task = ring.take(); task != null; task = ring.take()) {
        for (int i = task.first(); i < task.first() + task.count(); i++) {
          fill(reader, task.slot(), i, firstPosition(task.step()) + i);
        }
        ring.done(task);
      }
    } catch (Throwable e) {
      ring.fail(e); // an Error too: the consumer would wait for ever
    }
  }

  private void fill(ImageReader reader, Slot slot, int image, long position) {
    for (long ahead = 0, length = order.length(position); ahead < length; ahead++) {
      int sample = order.sample(position, ahead);
      try {
        reader.read(data.sample(sample), random.at(position), slot.pixels(image));
        reader.noteBlemish(data.bad(), data.sample(sample));
        slot.sample(image, sample);
        return;
      } catch (ImageReader.UnusableImage e) {
        if (data.bad().add(data.sample(sample).where(), String.valueOf(e.getMessage()))) {
          data.bad().check(data.size() + (long) data.dropped());
        }
      }
    }
    throw new IllegalStateException("none of the " + data.size() + " images can be used");
  }

  /** Ends the threads, waits for them, and frees the batches. Twice is harmless. */
  @Override
  public void close() {
    if (!ring.close()) {
      return;
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    ring.free();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
