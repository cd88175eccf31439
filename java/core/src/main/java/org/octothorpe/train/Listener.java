package org.octothorpe.train;

import java.nio.file.Path;

/** What a training run tells: all methods are called on the training thread, between steps. */
public interface Listener {
  /** How a run ended. */
  enum Outcome {
    /** All images were processed. */
    FINISHED,
    /** Somebody asked it to stop; a checkpoint was written. */
    STOPPED,
    /** It failed; the exception follows. */
    FAILED
  }

  /** The run starts, or goes on after a checkpoint. */
  default void onStart(Progress progress) {}

  /** A step was taken. */
  default void onBatch(Progress progress) {}

  /** An epoch is complete. */
  default void onEpoch(Progress progress) {}

  /** A checkpoint was written. */
  default void onCheckpoint(Path checkpoint, Progress progress) {}

  /** The run is over. */
  default void onEnd(Progress progress, Outcome outcome) {}
}
