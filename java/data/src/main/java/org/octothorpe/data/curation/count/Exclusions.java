package org.octothorpe.data.curation.count;

import java.io.Serializable;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The rows that are well formed, but take no part: a list drops them, or their images are missing,
 * or an earlier row has their id. Safe from any thread.
 */
public final class Exclusions implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Map<Integer, Set<Long>> positions = new ConcurrentHashMap<>();

  /** Excludes the row at a position of a file. */
  public void add(int file, long position) {
    Set<Long> set = positions.computeIfAbsent(file, key -> new HashSet<>());
    synchronized (set) {
      set.add(position);
    }
  }

  /** Returns whether the row at a position of a file is excluded. */
  public boolean contains(int file, long position) {
    Set<Long> set = positions.get(file);
    if (set == null) {
      return false;
    }
    synchronized (set) {
      return set.contains(position);
    }
  }
}
