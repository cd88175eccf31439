package org.octothorpe.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.train.Trainer;

/** Images with class ids: those of an index that carry at least one label. */
public final class Dataset {
  /** The most labels of an image; one that has more is bad. */
  public static final int MAX_LABELS = Trainer.MAX_LABELS_PER_IMAGE;

  private final List<Sample> samples;
  private final int[] offsets;
  private final int[] labels;
  private final int classes;
  private final int dropped;
  private final int maxLabels;
  private final BadSamples bad;

  private Dataset(
      List<Sample> samples, List<int[]> labels, int classes, int dropped, BadSamples bad) {
    this.samples = List.copyOf(samples);
    this.classes = classes;
    this.dropped = dropped;
    this.bad = bad;
    this.offsets = new int[samples.size() + 1];
    long all = labels.stream().mapToLong(ids -> ids.length).sum();
    if (all > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "the "
              + samples.size()
              + " images have "
              + all
              + " labels in all, but may have at most "
              + Integer.MAX_VALUE
              + "; a smaller vocabulary gives fewer");
    }
    int most = 1;
    for (int i = 0; i < labels.size(); i++) {
      offsets[i + 1] = offsets[i] + labels.get(i).length;
      most = Math.max(most, labels.get(i).length);
    }
    this.maxLabels = most;
    this.labels = new int[offsets[samples.size()]];
    for (int i = 0; i < labels.size(); i++) {
      System.arraycopy(labels.get(i), 0, this.labels, offsets[i], labels.get(i).length);
    }
  }

  /**
   * Labels images by their tags: the tags in the vocabulary, the others dropped; images with none
   * are left out. An image of more than {@link #MAX_LABELS} is bad.
   *
   * @throws IllegalArgumentException if no image is left
   * @throws BadSamplesException if too many are bad
   */
  public static Dataset of(Samples samples, Vocabulary vocabulary) {
    List<Sample> kept = new ArrayList<>();
    List<int[]> labels = new ArrayList<>();
    long badBefore = samples.bad().count();
    int crowded = 0;
    for (Sample sample : samples.all()) {
      int[] ids =
          sample.tags().stream().mapToInt(vocabulary::idOfFolded).filter(id -> id >= 0).toArray();
      if (ids.length > MAX_LABELS) {
        crowded++;
        samples
            .bad()
            .add(
                sample.where(),
                "it has "
                    + ids.length
                    + " tags of the vocabulary, but may have at most "
                    + MAX_LABELS);
      } else if (ids.length > 0) {
        kept.add(sample);
        labels.add(ids);
      }
    }
    if (crowded > 0) {
      samples.bad().check(samples.size() + badBefore);
    }
    if (kept.isEmpty()) {
      throw new IllegalArgumentException(
          "the data set is empty: none of the "
              + samples.size()
              + " images has a tag of the vocabulary ("
              + vocabulary
              + ")"
              + (!samples.hasTags() && samples.hasClasses()
                  ? "; they have classes (.cls) and no tags"
                  : ""));
    }
    int dropped = samples.size() - kept.size() - crowded;
    return new Dataset(kept, labels, vocabulary.size(), dropped, samples.bad());
  }

  /**
   * Labels images by their .cls files.
   *
   * @param classes number of classes, at least 1
   * @throws IllegalArgumentException if an image has no class or one outside [0, classes); the
   *     message names it
   */
  public static Dataset ofClasses(Samples samples, int classes) {
    if (classes < 1) {
      throw new IllegalArgumentException("classes is " + classes + ", but must be >= 1");
    }
    List<int[]> labels = new ArrayList<>();
    for (Sample sample : samples.all()) {
      int id = sample.classId();
      if (id == Sample.NO_CLASS) {
        throw new IllegalArgumentException(sample.where() + ": it has no .cls");
      }
      if (id < 0 || id >= classes) {
        throw new IllegalArgumentException(
            sample.where() + ": its class is " + id + ", but must be in [0, " + classes + ")");
      }
      labels.add(new int[] {id});
    }
    return new Dataset(samples.all(), labels, classes, 0, samples.bad());
  }

  /** Labels images by their .cls files; there are as many classes as the highest says. */
  public static Dataset ofClasses(Samples samples) {
    int highest = samples.all().stream().mapToInt(Sample::classId).max().orElse(0);
    return ofClasses(samples, Math.max(1, Math.addExact(highest, 1)));
  }

  /** Gives every image class 0 of 1: for what needs no label. */
  public static Dataset unlabeled(Samples samples) {
    List<int[]> labels = Collections.nCopies(samples.size(), new int[] {0});
    return new Dataset(samples.all(), labels, 1, 0, samples.bad());
  }

  /** Returns the number of images. */
  public int size() {
    return samples.size();
  }

  /** Returns the number of classes. */
  public int classes() {
    return classes;
  }

  /** Returns the images of an epoch of training on average: the sum of the repeat factors. */
  public long epochImages() {
    return Math.max(1, Math.round(repeatSum()));
  }

  /** Returns the sum of the repeat factors of all images. */
  public double repeatSum() {
    return samples.stream().mapToDouble(Sample::repeat).sum();
  }

  /** Returns whether any image appears more or less often in an epoch than once. */
  public boolean repeats() {
    return samples.stream().anyMatch(sample -> sample.repeat() != 1);
  }

  /** Returns the number of images left out because they carry no label. */
  public int dropped() {
    return dropped;
  }

  /** Returns image {@code index}. */
  public Sample sample(int index) {
    return samples.get(index);
  }

  /** Returns the class ids of image {@code index}, at least one, each once. */
  public int[] labels(int index) {
    return Arrays.copyOfRange(labels, offsets[index], offsets[index + 1]);
  }

  /** Returns the number of class ids of image {@code index}. */
  public int labelCount(int index) {
    return offsets[index + 1] - offsets[index];
  }

  /** Returns class id {@code i} of image {@code index}. */
  public int label(int index, int i) {
    return labels[offsets[index] + i];
  }

  /** Returns the most labels that an image carries. */
  public int maxLabels() {
    return maxLabels;
  }

  /** Returns the count of samples that could not be used. */
  public BadSamples bad() {
    return bad;
  }
}
