package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;

/** Told how a curation goes; from any thread. */
public interface CurationListener {
  /**
   * Part of a pass is done.
   *
   * @param task what is done, in a few words
   * @param done of {@code total}, in units of the task
   */
  default void onProgress(String task, long done, long total) {}

  /**
   * Everything is written, and about to appear under its name: the last chance to add files.
   *
   * @param folder the set's folder under its temporary name
   */
  default void onReport(CurationReport report, Path folder) throws IOException {}
}
