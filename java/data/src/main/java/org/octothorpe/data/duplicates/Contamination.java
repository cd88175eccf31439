package org.octothorpe.data.duplicates;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Samples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleName;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.internal.JsonFault;
import org.octothorpe.internal.TextInput;

/**
 * The images of an evaluation set that a training set holds too, as a JSON file says it.
 *
 * @param format {@link #FORMAT}
 * @param evaluation the set that was searched for
 * @param training the set that was searched in
 * @param threshold score from which on a pair counts
 * @param k neighbors of each image that were looked at
 * @param network what described the images; null if nothing but their pixels did
 * @param contaminated the images, sorted
 */
public record Contamination(
    String format,
    Source evaluation,
    Source training,
    double threshold,
    int k,
    @Nullable String network,
    List<SampleName> contaminated) {
  /** The name and version of the file's format. */
  public static final String FORMAT = "octothorpe-contamination-1";

  /** What a file must have; of another program's, the first is missing. */
  private static final List<String> FIELDS =
      List.of("format", "evaluation", "training", "threshold", "k", "contaminated");

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /**
   * A data set.
   *
   * @param images how many it has
   * @param sha256 of the names and sizes of its images, sorted
   * @param pictures SHA-256 of the {@link org.octothorpe.data.samples.SampleProbe} of some of them;
   *     null in a file of an earlier version
   */
  public record Source(int images, String sha256, @Nullable String pictures) {
    static Source of(Samples samples) {
      return new Source(
          samples.size(), NamedSamples.digest(samples), NamedSamples.pictures(samples));
    }

    /** Returns whether images, names and sizes are the same. */
    boolean hasNamesOf(Source other) {
      return images == other.images && sha256.equals(other.sha256);
    }
  }

  /** Copies the list. */
  public Contamination {
    contaminated = contaminated == null ? List.of() : List.copyOf(contaminated);
  }

  /**
   * Returns what a search found.
   *
   * @param pairs of evaluation and training images; those below the threshold do not count
   * @throws IllegalArgumentException if two evaluation images have the same name
   */
  public static Contamination of(
      Samples evaluation,
      Samples training,
      List<Pair> pairs,
      double threshold,
      int k,
      @Nullable String network) {
    NamedSamples.index(evaluation); // refuses names that do not identify an image
    List<SampleName> names =
        pairs.stream()
            .filter(pair -> pair.score() >= threshold)
            .map(pair -> SampleName.of(evaluation.get(pair.query())))
            .distinct()
            .sorted()
            .toList();
    return new Contamination(
        FORMAT, Source.of(evaluation), Source.of(training), threshold, k, network, names);
  }

  /** Writes the file, whole or not at all. */
  public void write(Path file) throws IOException {
    AtomicFiles.write(file, JSON.writeValueAsString(this) + "\n");
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it is not such a file; the message names it and why
   */
  public static Contamination read(Path file) throws IOException {
    TextInput.requireFile("contamination", file);
    Contamination read;
    try {
      JsonNode fields = JSON.readTree(Files.readAllBytes(file));
      for (String name : FIELDS) {
        if (!fields.hasNonNull(name)) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "%s is not a contamination file, as dedup --against writes it: it has no %s",
                  file,
                  name));
        }
      }
      read = JSON.treeToValue(fields, Contamination.class);
    } catch (JsonMappingException e) {
      throw new IllegalArgumentException(
          file + " is not a contamination file: its fields are others, or of other types", e);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          file + " is not a contamination file: it is not JSON: " + JsonFault.reason(e), e);
    }
    // JSON leaves null what a file does not say, whatever the types promise.
    boolean complete =
        FORMAT.equals(read.format())
            && isComplete(read.evaluation())
            && isComplete(read.training())
            && read.contaminated().stream().allMatch(Contamination::isComplete);
    if (!complete) {
      throw new IllegalArgumentException(
          file
              + " is not a contamination file: its format must be "
              + FORMAT
              + ", with evaluation, training and contaminated");
    }
    return read;
  }

  private static boolean isComplete(@Nullable Source source) {
    return source != null && source.sha256() != null;
  }

  private static boolean isComplete(@Nullable SampleName image) {
    return image != null && image.shard() != null && image.name() != null;
  }

  /**
   * Returns the images of the evaluation set that are contaminated.
   *
   * @param file names this in messages
   * @param samples must be the set that was searched for, in whatever order and folder
   * @throws IllegalArgumentException if it is another one
   */
  public Set<Sample> in(Path file, Samples samples) {
    Source given = Source.of(samples);
    String pictures = evaluation.pictures();
    if (given.hasNamesOf(evaluation) && pictures != null && !pictures.equals(given.pictures())) {
      throw new IllegalArgumentException(
          file
              + " is of another data set: its "
              + evaluation.images()
              + " images have the names and sizes of these, but are other pictures; search again"
              + " with dedup");
    }
    if (!given.hasNamesOf(evaluation)) {
      throw new IllegalArgumentException(
          file
              + " is of another data set: of "
              + evaluation.images()
              + " images (SHA-256 of their names and sizes "
              + evaluation.sha256()
              + "), but these are "
              + given.images()
              + " ("
              + given.sha256()
              + "); search again with dedup");
    }
    Set<SampleName> names = new HashSet<>(contaminated);
    Set<Sample> found = new HashSet<>();
    samples.all().stream()
        .filter(sample -> names.contains(SampleName.of(sample)))
        .forEach(found::add);
    if (found.size() != names.size()) {
      throw new IllegalArgumentException(
          file
              + " lists "
              + names.size()
              + " contaminated images, of which the data set has "
              + found.size());
    }
    return found;
  }
}
