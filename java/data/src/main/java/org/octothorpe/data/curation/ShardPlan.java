package org.octothorpe.data.curation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.octothorpe.data.BadSamples;

/**
 * The second reading of the input: how many images each file gives, and where in the input each
 * file of the output starts. The order of the output is that of the input.
 */
final class ShardPlan {
  /** Every so many images their place is kept, in 8 bytes. */
  private static final int STRIDE = 256;

  /**
   * Where an output file starts.
   *
   * @param file the input file
   * @param position a place in it, a little before
   * @param skip images from there to the first
   */
  record Start(int file, long position, int skip) {}

  /** The images of an input file. */
  private static final class Kept {
    private long count;
    private long[] places = new long[16];

    void add(long position) {
      if (count % STRIDE == 0) {
        int index = Math.toIntExact(count / STRIDE);
        if (index == places.length) {
          places = Arrays.copyOf(places, 2 * index);
        }
        places[index] = position;
      }
      count++;
    }
  }

  private final List<Kept> files = new ArrayList<>();
  private final Histogram tagsAnImage = new Histogram();
  private final AtomicLong tags = new AtomicLong();

  ShardPlan(int files) {
    for (int i = 0; i < files; i++) {
      this.files.add(new Kept());
    }
  }

  void run(Scan scan, Exclusions exclusions, TagSelection selection) throws IOException {
    scan.run(
        "selecting images",
        false,
        new BadSamples(1, message -> {}), // the first reading has named them
        (row, file, worker) -> {
          if (!exclusions.contains(file, row.position())) {
            int kept = selection.select(row.tags()).size();
            if (kept > 0) {
              files.get(file).add(row.position());
              tagsAnImage.add(kept);
              tags.addAndGet(kept);
            }
          }
        });
  }

  /** Returns the number of images. */
  long images() {
    return files.stream().mapToLong(file -> file.count).sum();
  }

  /** Returns the number of tags on all images. */
  long tags() {
    return tags.get();
  }

  List<Long> tagsAnImage() {
    return tagsAnImage.counts();
  }

  /** Returns where the image of a number is, in [0, images). */
  Start find(long image) {
    long rest = image;
    int file = 0;
    while (rest >= files.get(file).count) {
      rest -= files.get(file++).count;
    }
    long place = files.get(file).places[(int) (rest / STRIDE)];
    return new Start(file, place, (int) (rest % STRIDE));
  }
}
