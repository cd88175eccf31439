package org.octothorpe.data.loading;

import java.util.Arrays;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.tags.RepeatFactor;

/**
 * How often each image appears in one epoch, as one row of slots: image 0 has the first ones. Only
 * every 64th image's first slot is kept; draws between them are made again.
 */
final class Copies {
  private static final int STRIDE = 64;

  private final Dataset data;
  private final RepeatFactor draws;
  private final long[] first; // first[i]: slots before image 64 i
  private final long count;

  private Copies(Dataset data, RepeatFactor draws) {
    this.data = data;
    this.draws = draws;
    this.first = new long[(data.size() + STRIDE - 1) / STRIDE];
    long slots = 0;
    for (int image = 0; image < data.size(); image++) {
      if (image % STRIDE == 0) {
        first[image / STRIDE] = slots;
      }
      slots += of(image);
    }
    this.count = slots;
  }

  /** Draws the copies of an epoch, which may have none. */
  static Copies of(Dataset data, long seed, long epoch) {
    return new Copies(data, RepeatFactor.ofEpoch(seed, epoch));
  }

  private int of(int image) {
    Sample sample = data.sample(image);
    return draws.copies(sample.repeat(), sample.key());
  }

  /** Returns the number of slots. */
  long count() {
    return count;
  }

  /** Returns the image that has a slot, in [0, count). */
  int image(long slot) {
    int found = Arrays.binarySearch(first, slot + 1);
    int after = found >= 0 ? found : -found - 1;
    while (after > 0 && first[after - 1] > slot) {
      after--; // blocks without any copy start where the next does
    }
    int block = after - 1;
    long left = slot - first[block];
    int image = block * STRIDE;
    for (long copies = of(image); left >= copies; copies = of(image)) {
      left -= copies;
      image++;
    }
    return image;
  }
}
