package org.octothorpe.data.curation.select;

import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.octothorpe.data.curation.count.Exclusions;
import org.octothorpe.data.curation.count.Histogram;
import org.octothorpe.data.curation.rules.TagSelection;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;

/**
 * What the second reading of the input finds: how many images each file gives, and where in the
 * input each file of the output starts. The order of the output is that of the input.
 */
public final class ShardPlan implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Every so many images their place is kept, in 8 bytes. */
  private static final int STRIDE = 256;

  /**
   * Where an output file starts.
   *
   * @param file the input file
   * @param position a place in it, a little before
   * @param skip images from there to the first
   */
  public record Start(int file, long position, int skip) {}

  /** The selected images of one input file. */
  public static final class OfFile implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Histogram tagsPerImage = new Histogram();
    private long tags;
    private long images;
    private long[] places = new long[16];

    /** Notes a row, if it is selected. */
    public void add(Row row, TagSelection selection) {
      int kept = selection.select(row.tags()).size();
      if (kept == 0) {
        return;
      }
      if (images % STRIDE == 0) {
        int index = Math.toIntExact(images / STRIDE);
        if (index == places.length) {
          places = Arrays.copyOf(places, 2 * index);
        }
        places[index] = row.position();
      }
      images++;
      tags += kept;
      tagsPerImage.add(kept);
    }

    /** Reads a file. */
    public static OfFile read(RowFile rows, int file, Exclusions exclusions, TagSelection selection)
        throws IOException {
      OfFile plan = new OfFile();
      rows.read(
          0,
          false,
          row -> {
            if (!exclusions.contains(file, row.position())) {
              plan.add(row, selection);
            }
            return true;
          },
          new BadSamples(1, message -> {})); // the first reading has named them
      return plan;
    }
  }

  private final List<OfFile> files;

  /** Puts the plans of all files together, in their order. */
  public ShardPlan(List<OfFile> files) {
    this.files = List.copyOf(files);
  }

  /** Returns the number of images. */
  public long images() {
    return files.stream().mapToLong(file -> file.images).sum();
  }

  /** Returns the number of tags on all images. */
  public long tags() {
    return files.stream().mapToLong(file -> file.tags).sum();
  }

  /** Returns how many selected images have 0, 1, 2, ... tags. */
  public List<Long> tagsPerImage() {
    Histogram sum = new Histogram();
    files.forEach(file -> sum.add(file.tagsPerImage));
    return sum.counts();
  }

  /** Returns where the image of a number is, in [0, images). */
  public Start find(long image) {
    long rest = image;
    int file = 0;
    while (rest >= files.get(file).images) {
      rest -= files.get(file++).images;
    }
    long place = files.get(file).places[(int) (rest / STRIDE)];
    return new Start(file, place, (int) (rest % STRIDE));
  }
}
