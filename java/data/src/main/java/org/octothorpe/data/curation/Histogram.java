package org.octothorpe.data.curation;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/** How many images have 0, 1, 2, ... tags; the last count is of all above. Safe from any thread. */
final class Histogram {
  private static final int MOST = 40;

  private final AtomicLongArray images = new AtomicLongArray(MOST + 1);

  void add(int tags) {
    images.incrementAndGet(Math.min(tags, MOST));
  }

  List<Long> counts() {
    int last = MOST;
    while (last > 0 && images.get(last) == 0) {
      last--;
    }
    Long[] counts = new Long[last + 1];
    Arrays.setAll(counts, images::get);
    return List.of(counts);
  }
}
