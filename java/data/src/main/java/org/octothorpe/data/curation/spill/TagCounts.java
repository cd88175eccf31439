package org.octothorpe.data.curation.spill;

import java.io.IOException;

/** Tags with their counts, which can be read again and again. */
@FunctionalInterface
public interface TagCounts {
  /** Returns them in code point order. */
  TagRun.Cursor open() throws IOException;
}
