package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.shards.ShardIndex;
import org.octothorpe.data.shards.TarShard;
import org.octothorpe.data.sources.IdScopes;
import org.octothorpe.data.sources.Sources;

/**
 * An index of labeled images: where each is stored and which hashtags or class it carries; the
 * images themselves stay on disk.
 *
 * <p>Made once by reading the headers of all shards and their labels, or their {@link ShardIndex},
 * it gives access to any image in any order.
 */
public final class Samples {
  private final List<Sample> all;
  private final BadSamples bad;

  private Samples(List<Sample> all, BadSamples bad) {
    this.all = List.copyOf(all);
    this.bad = bad;
  }

  /**
   * Indexes one source, with the default limit of bad samples; see {@link #open(List, BadSamples)}.
   */
  public static Samples open(String source) throws IOException {
    return open(List.of(source), new BadSamples());
  }

  /**
   * Indexes sources.
   *
   * @param sources each a tar, perhaps compressed; a glob or range of tars; a folder of tars; or a
   *     folder with {@code labels.csv} or {@code tags.jsonl}
   * @param bad counts what cannot be used, here and later when images are decoded
   * @throws IllegalArgumentException if a source does not exist, is none of these, or all together
   *     hold no image
   * @throws BadSamplesException if too many cannot be used
   */
  public static Samples open(List<String> sources, BadSamples bad) throws IOException {
    List<Sample> all = new ArrayList<>();
    Map<List<String>, List<String>> shared = new HashMap<>();
    List<Path> files = new ArrayList<>();
    for (String source : sources) {
      files.addAll(Sources.of(source, bad));
    }
    List<String> scopes = IdScopes.of(files);
    for (int i = 0; i < files.size(); i++) {
      index(files.get(i), scopes.get(i), sample -> all.add(share(sample, shared)), bad);
    }
    if (all.isEmpty()) {
      String reasons =
          bad.count() == 0
              ? bad.notes().stream().map(note -> "; " + note).collect(Collectors.joining())
              : "; the first of " + bad.count() + " bad ones: " + bad.first().get(0);
      throw new IllegalArgumentException(
          "the data set is empty: "
              + String.join(", ", sources)
              + (sources.size() == 1 ? " holds" : " hold")
              + " no image"
              + reasons);
    }
    bad.check(all.size() + bad.count());
    return new Samples(all, bad);
  }

  private static void index(Path file, String scope, Consumer<Sample> samples, BadSamples bad)
      throws IOException {
    if (Sources.isTagList(file)) {
      ImageFolder.index(file, scope, samples, bad);
    } else if (Sources.isTable(file)) {
      throw new IllegalArgumentException(
          "%s is a table, but images are read from .tar shards or a folder; 'octothorpe curate --input %s' makes shards of it"
              .formatted(file, file));
    } else {
      List<Sample> indexed = ShardIndex.read(file, scope, bad);
      if (indexed != null) {
        indexed.forEach(samples);
      } else {
        TarShard.index(file, scope, samples, bad);
      }
    }
  }

  /**
   * Makes an index of images whose places are known.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Samples of(List<Sample> samples, BadSamples bad) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("the data set is empty: no image was given");
    }
    return new Samples(samples, bad);
  }

  // Few combinations of tags occur again and again; one list serves them all.
  private static Sample share(Sample sample, Map<List<String>, List<String>> shared) {
    List<String> tags = shared.computeIfAbsent(sample.tags(), list -> list);
    return new Sample(
        sample.file(),
        sample.name(),
        sample.offset(),
        sample.bytes(),
        tags,
        sample.classId(),
        sample.key(),
        sample.repeat());
  }

  /** Returns the number of images. */
  public int size() {
    return all.size();
  }

  /** Returns image {@code index}. */
  public Sample get(int index) {
    return all.get(index);
  }

  /** Returns the images, in the order of the sources. */
  public List<Sample> all() {
    return all;
  }

  /** Returns the count of what could not be used. */
  public BadSamples bad() {
    return bad;
  }

  /** Returns whether every image carries a class. */
  public boolean hasClasses() {
    return all.stream().allMatch(sample -> sample.classId() != Sample.NO_CLASS);
  }

  /** Returns whether any image carries a tag. */
  public boolean hasTags() {
    return all.stream().anyMatch(sample -> !sample.tags().isEmpty());
  }

  /**
   * Returns the data set of the images that carry a tag of a vocabulary; see {@link Dataset#of}.
   */
  public Dataset labeled(Vocabulary vocabulary) {
    return Dataset.of(this, vocabulary);
  }

  /** Returns the data set of all images with their classes; see {@link Dataset#ofClasses}. */
  public Dataset classes(int classes) {
    return Dataset.ofClasses(this, classes);
  }
}
