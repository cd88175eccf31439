package org.octothorpe.data.curation.count;

/** Receives the progress of a pass over the input; called from any thread. */
@FunctionalInterface
public interface ProgressListener {
  /**
   * Part of a pass is done.
   *
   * @param task what is done, in a few words
   * @param done of {@code total}, in units of the task
   */
  void onProgress(String task, long done, long total);
}
