package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import org.octothorpe.data.curation.count.ProgressListener;

/** Receives the progress of a curation; called from any thread. */
public interface CurationListener extends ProgressListener {
  @Override
  default void onProgress(String task, long done, long total) {}

  /**
   * Everything is written, and about to appear under its name: the last chance to add files.
   *
   * @param folder the set's folder under its temporary name
   */
  default void onReport(CurationReport report, Path folder) throws IOException {}
}
