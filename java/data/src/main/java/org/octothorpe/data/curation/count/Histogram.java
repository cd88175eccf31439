package org.octothorpe.data.curation.count;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/** How many images have 0, 1, 2, ... tags; the last count is of all above. For one thread. */
public final class Histogram implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int MAX = 40;

  private final long[] images = new long[MAX + 1];

  /** Counts an image. */
  public void add(int tags) {
    images[Math.min(tags, MAX)]++;
  }

  /** Adds the counts of another. */
  public void add(Histogram other) {
    Arrays.setAll(images, i -> images[i] + other.images[i]);
  }

  /** Returns the counts up to the last that is not 0. */
  public List<Long> counts() {
    int last = MAX;
    while (last > 0 && images[last] == 0) {
      last--;
    }
    return Arrays.stream(images, 0, last + 1).boxed().toList();
  }
}
