package org.octothorpe.data.loading;

/**
 * The positions that the steps of a loader take. Each step takes a run of {@code batch * processes}
 * positions; part {@code rank} of the run is this process's batch.
 *
 * @param start position of the first image of the first step
 * @param end position after the last image
 * @param batch images per step and process
 * @param rank number of this process among those that share each step
 * @param processes how many there are
 */
record Steps(long start, long end, int batch, int rank, int processes) {
  /** The {@link #end} of a loader that never ends. */
  static final long ENDLESS = Long.MAX_VALUE;

  /** Returns the number of steps. */
  long count() {
    long perStep = (long) batch * processes;
    return end == ENDLESS ? ENDLESS : (end - start + perStep - 1) / perStep;
  }

  /** Returns the position of this process's first image of a step. */
  long firstPosition(long step) {
    return start + (step * processes + rank) * batch;
  }

  /** Returns the number of this process's images in a step. */
  int size(long step) {
    return (int) Math.max(0, Math.min(batch, end - firstPosition(step)));
  }

  /** Returns the position after all images of the first {@code steps} steps. */
  long consumed(long steps) {
    return Math.min(end, start + steps * batch * processes);
  }
}
