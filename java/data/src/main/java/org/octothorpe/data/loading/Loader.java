package org.octothorpe.data.loading;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.images.ImageReader;
import org.octothorpe.data.loading.BatchRing.Task;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.random.Philox;
import org.octothorpe.train.Batch;
import org.octothorpe.train.BatchSource;

/**
 * A source of batches, read and decoded ahead by threads of its own, in an order that depends on
 * nothing but the seed.
 *
 * <p>Every image delivered has a position, counted over all epochs and processes from 0; image and
 * augmentation are pure functions of seed and position. So the number of images consumed is the
 * whole state of a loader, and neither threads nor processes nor an interruption change what a
 * position holds. An image that cannot be used is counted in {@link Dataset#bad} and replaced by
 * the next one in its epoch's order. Images with a {@link Sample#repeat} appear that often per
 * epoch on average, so that epochs differ a little in length; {@link #epochImages} is their mean.
 *
 * <p>A batch belongs to the loader and is valid until the next one is asked for, or until it or the
 * loader is closed. Use a loader from one thread.
 */
public final class Loader implements BatchSource, Iterable<Batch> {
  private final LoaderOptions options;
  private final Dataset data;
  private final EpochOrder order;
  private final Philox random;
  private final Steps steps;
  private final BatchRing ring;
  private final List<Thread> threads = new ArrayList<>();
  private long step;

  Loader(LoaderOptions options) {
    this.options = options;
    this.data = options.data();
    this.order = new EpochOrder(data, options.isShuffled(), options.seed());
    this.random = Philox.of(options.seed(), "augmentation");
    this.steps = options.steps(order);
    this.ring = new BatchRing(options, steps);
    for (int i = 0; i < options.threads(); i++) {
      Thread thread = new Thread(this::work, "octothorpe-loader-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  /** Returns whether there is another batch; always, unless the loader delivers one epoch only. */
  public boolean hasNext() {
    return step < steps.count();
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
      throw new NoSuchElementException(
          "the loader has delivered all " + steps.count() + " batches");
    }
    try {
      Batch batch = ring.next(step);
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
    return steps.consumed(step);
  }

  @Override
  public double waitedSeconds() {
    return ring.waitedNanos() * 1e-9;
  }

  @Override
  public long epochImages() {
    return options.isShuffled() ? data.epochImages() : data.size();
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

  private void work() {
    try (ImageReader reader = new ImageReader(options.imageSize(), options.augmentation())) {
      for (Task task = ring.take(); task != null; task = ring.take()) {
        for (int i = task.first(); i < task.first() + task.count(); i++) {
          fill(reader, task.batch(), i, steps.firstPosition(task.step()) + i);
        }
        ring.done(task);
      }
    } catch (Throwable e) {
      ring.fail(e); // an Error too: the consumer would wait for ever
    }
  }

  private void fill(ImageReader reader, PendingBatch batch, int image, long position) {
    for (long ahead = 0, length = order.length(position); ahead < length; ahead++) {
      int sample = order.sample(position, ahead);
      try {
        reader.read(data.sample(sample), random.at(position), batch.pixels(image));
        reader.noteBlemish(data.bad(), data.sample(sample));
        batch.sample(image, sample);
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
