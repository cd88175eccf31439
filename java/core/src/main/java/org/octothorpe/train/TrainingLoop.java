package org.octothorpe.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A training run: steps over a {@link BatchSource} until all images are processed, with checkpoints
 * and listeners on the way.
 *
 * <p>Checkpoints are due at multiples of an interval in images, so that a resumed run writes the
 * same ones.
 */
public final class TrainingLoop {
  /** Writes a checkpoint of the run as it stands. */
  @FunctionalInterface
  public interface CheckpointWriter {
    /** Writes and returns where. */
    Path write(long images, long step) throws IOException;
  }

  private final Trainer trainer;
  private final BatchSource source;
  private final Schedule schedule;
  private final List<Listener> listeners = new ArrayList<>();
  private final AtomicBoolean stop = new AtomicBoolean();
  private @Nullable CheckpointWriter writer;
  private long checkpointImages = Long.MAX_VALUE;
  private long images;

  /** Makes a run from its beginning. */
  public TrainingLoop(Trainer trainer, BatchSource source, Schedule schedule) {
    this.trainer = trainer;
    this.source = source;
    this.schedule = schedule;
  }

  /** Adds a listener. */
  public TrainingLoop listener(Listener listener) {
    listeners.add(listener);
    return this;
  }

  /** Writes a checkpoint every {@code everyImages} images, and at the end. */
  public TrainingLoop checkpoints(CheckpointWriter checkpointWriter, long everyImages) {
    if (everyImages < 1) {
      throw new IllegalArgumentException(
          "checkpoint interval is " + everyImages + " images, but must be >= 1");
    }
    writer = checkpointWriter;
    checkpointImages = everyImages;
    return this;
  }

  /** Goes on where a checkpoint stands; the source must start there too. */
  public TrainingLoop resumeAt(long processedImages) {
    images = processedImages;
    return this;
  }

  /** Asks the run to end after the step that it is in; may be called from any thread. */
  public void stop() {
    stop.set(true);
  }

  /**
   * Runs to the end, or until {@link #stop}.
   *
   * @return how it ended
   * @throws IOException if a checkpoint cannot be written
   * @throws NonFiniteLossException if the loss is not finite
   */
  public Listener.Outcome run() throws IOException {
    long start = System.nanoTime();
    long imagesAtStart = images;
    long written = -1;
    Progress progress = progress(Double.NaN, schedule.at(images), start, imagesAtStart);
    for (Listener listener : listeners) {
      listener.onStart(progress);
    }
    Listener.Outcome outcome = Listener.Outcome.FAILED;
    try {
      while (images < schedule.totalImages() && !stop.get()) {
        long epoch = images / source.epochImages();
        double rate = schedule.at(images);
        Batch batch = source.next();
        double loss = trainer.step(batch, rate);
        long before = images;
        images += batch.size();
        progress = progress(loss, rate, start, imagesAtStart);
        for (Listener listener : listeners) {
          listener.onBatch(progress);
        }
        if (images / source.epochImages() > epoch) {
          for (Listener listener : listeners) {
            listener.onEpoch(progress);
          }
        }
        if (images / checkpointImages > before / checkpointImages) {
          written = checkpoint(progress);
        }
      }
      if (written != images) {
        checkpoint(progress);
      }
      outcome =
          images >= schedule.totalImages() ? Listener.Outcome.FINISHED : Listener.Outcome.STOPPED;
      return outcome;
    } finally {
      for (Listener listener : listeners) {
        listener.onEnd(progress, outcome);
      }
    }
  }

  private long checkpoint(Progress progress) throws IOException {
    CheckpointWriter target = writer;
    if (target != null) {
      Path path = target.write(images, trainer.steps());
      for (Listener listener : listeners) {
        listener.onCheckpoint(path, progress);
      }
    }
    return images;
  }

  private Progress progress(double loss, double rate, long start, long imagesAtStart) {
    return new Progress(
        trainer.steps(),
        images,
        schedule.totalImages(),
        Math.max(0, images - 1) / source.epochImages(),
        loss,
        rate,
        (System.nanoTime() - start) * 1e-9,
        source.waitedSeconds(),
        images - imagesAtStart);
  }
}
