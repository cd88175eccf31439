package org.octothorpe.data.curation;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.octothorpe.data.duplicates.ImageName;

/** The rows that a first reading has found on {@link DropLists}. Safe from any thread. */
public final class DroppedRows {
  private final AtomicLong rows = new AtomicLong();
  private final Set<ImageName> names = ConcurrentHashMap.newKeySet();

  /** Notes a row by the name of its image. */
  public void add(ImageName name) {
    rows.incrementAndGet();
    names.add(name);
  }

  long rows() {
    return rows.get();
  }

  Set<ImageName> names() {
    return names;
  }
}
