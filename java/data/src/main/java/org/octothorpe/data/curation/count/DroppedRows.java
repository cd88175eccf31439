package org.octothorpe.data.curation.count;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.octothorpe.data.samples.SampleName;

/** The rows that a first reading has found on {@link DropLists}. Safe from any thread. */
public final class DroppedRows {
  private final AtomicLong rows = new AtomicLong();
  private final Set<SampleName> names = ConcurrentHashMap.newKeySet();

  /** Notes a row by the name of its image. */
  public void add(SampleName name) {
    rows.incrementAndGet();
    names.add(name);
  }

  /** Returns the number of rows. */
  public long rows() {
    return rows.get();
  }

  /** Returns the names of their images. */
  public Set<SampleName> names() {
    return names;
  }
}
