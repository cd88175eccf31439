package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.octothorpe.io.AtomicFiles;
import org.octothorpe.io.TextInput;

/**
 * The hashtags that a network predicts: class id {@code i} is {@code tags().get(i)}.
 *
 * <p>A file has one tag a line, in the order of the class ids.
 */
public final class Vocabulary {
  private static final String TOP = "top:";
  private static final String FILE = "file:";

  private final List<String> tags;
  private final Map<String, Integer> ids = new HashMap<>();

  private Vocabulary(List<String> tags, String origin) {
    this.tags = List.copyOf(tags);
    for (String tag : this.tags) {
      if (tag.isEmpty()) {
        throw new IllegalArgumentException(origin + ": tag " + ids.size() + " is empty");
      }
      if (ids.put(tag, ids.size()) != null) {
        throw new IllegalArgumentException(
            origin + ": the tag '" + tag + "' occurs twice (case, spaces and '#' do not count)");
      }
    }
    if (this.tags.isEmpty()) {
      throw new IllegalArgumentException(origin + ": the vocabulary is empty");
    }
  }

  /**
   * Returns the vocabulary of these tags, in this order; each is folded by {@link Hashtags#fold}.
   */
  public static Vocabulary of(List<String> tags) {
    return new Vocabulary(tags.stream().map(Hashtags::fold).toList(), "vocabulary");
  }

  /**
   * Returns the vocabulary that an option names.
   *
   * @param option {@code top:N}, the N most frequent tags of the samples, or {@code file:F}, the
   *     tags of a file
   * @throws IllegalArgumentException for anything else
   */
  public static Vocabulary parse(String option, Samples samples) throws IOException {
    checkOption(option);
    return option.startsWith(FILE)
        ? read(Path.of(option.substring(FILE.length())))
        : top(Integer.parseInt(option.substring(TOP.length())), samples);
  }

  /**
   * Returns if {@link #parse} knows the form of an option.
   *
   * @throws IllegalArgumentException if not
   */
  public static void checkOption(String option) {
    if (!option.startsWith(FILE) && !option.matches("top:0*[1-9][0-9]{0,8}")) {
      throw new IllegalArgumentException(
          "vocabulary is '"
              + option
              + "', but must be top:N (the N >= 1 most frequent tags) or file:F (one tag a line)");
    }
  }

  /**
   * Returns the {@code count} most frequent tags, by the number of images; ties in code point
   * order; fewer if there are fewer.
   */
  public static Vocabulary top(int count, Samples samples) {
    if (count < 1) {
      throw new IllegalArgumentException("vocabulary: top " + count + ", but must be >= 1");
    }
    Map<String, Long> images = new HashMap<>();
    for (Sample sample : samples.all()) {
      for (String tag : sample.tags()) {
        images.merge(tag, 1L, Long::sum);
      }
    }
    if (images.isEmpty()) {
      throw new IllegalArgumentException(
          "vocabulary: none of the " + samples.size() + " images has a tag");
    }
    return new Vocabulary(Hashtags.mostFrequent(images, count, 1), "vocabulary");
  }

  /** Reads a file of one tag a line; empty lines do not count. */
  public static Vocabulary read(Path file) throws IOException {
    List<String> lines = TextInput.lines("vocabulary", file);
    return new Vocabulary(
        lines.stream().filter(line -> !line.isBlank()).map(Hashtags::fold).toList(),
        file.toString());
  }

  /** Writes the file that {@link #read} reads. */
  public void write(Path file) throws IOException {
    AtomicFiles.write(file, String.join("\n", tags) + "\n");
  }

  /** Returns the number of tags. */
  public int size() {
    return tags.size();
  }

  /** Returns the tags in the order of their class ids. */
  public List<String> tags() {
    return tags;
  }

  /** Returns the class id of a tag in any spelling, or -1 if it is not in the vocabulary. */
  public int id(String tag) {
    return idOfFolded(Hashtags.fold(tag));
  }

  int idOfFolded(String tag) {
    return ids.getOrDefault(tag, -1);
  }

  @Override
  public String toString() {
    return size()
        + " tags, "
        + String.join(", ", tags.subList(0, Math.min(5, size())))
        + (size() > 5 ? ", ..." : "");
  }
}
