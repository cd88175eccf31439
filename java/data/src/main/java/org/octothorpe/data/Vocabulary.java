package org.octothorpe.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.data.tags.Invisible;
import org.octothorpe.data.tags.TagText;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.internal.TextInput;

/**
 * The hashtags that a network predicts: class id {@code i} is {@code tags().get(i)}.
 *
 * <p>A file has one tag per line, in the order of the class ids.
 */
public final class Vocabulary {
  private static final String TOP = "top:";
  private static final String FILE = "file:";
  private static final int SHOWN = 80; // characters of a line in a message

  private final List<String> tags;
  private final Map<String, Integer> ids = new HashMap<>();

  private Vocabulary(List<String> tags, String origin) {
    this.tags = List.copyOf(tags);
    for (String tag : this.tags) {
      if (tag.isEmpty()) {
        throw new IllegalArgumentException(origin + ": tag " + ids.size() + " is empty");
      }
      if (ids.put(tag, ids.size()) != null) {
        throw new IllegalArgumentException(origin + ": the tag '" + tag + "' occurs twice");
      }
    }
    if (this.tags.isEmpty()) {
      throw new IllegalArgumentException(origin + ": the vocabulary is empty");
    }
    addFolded();
  }

  // An older vocabulary may hold a tag that folds differently today. Its new form has the same id,
  // unless two tags now share it.
  private void addFolded() {
    Map<String, Integer> folded = new HashMap<>();
    for (String tag : tags) {
      List<String> now = split(tag);
      if (now.size() == 1 && !ids.containsKey(now.get(0))) {
        folded.merge(now.get(0), ids.getOrDefault(tag, -1), (a, b) -> -1);
      }
    }
    folded.values().removeIf(id -> id < 0);
    ids.putAll(folded);
  }

  private static List<String> split(String tag) {
    try {
      return TagText.of(tag);
    } catch (IllegalArgumentException e) {
      return List.of(); // half a list: no image has such a tag now
    }
  }

  /**
   * Returns the vocabulary of these tags, in this order; each is folded by {@link Hashtags#fold}.
   */
  public static Vocabulary of(List<String> tags) {
    return new Vocabulary(tags.stream().map(Hashtags::fold).toList(), "vocabulary");
  }

  /**
   * Returns the vocabulary of these tags, in this order, as they are: those of a vocabulary that
   * was made before, whose class ids are not to change.
   */
  public static Vocabulary ofExactly(List<String> tags) {
    return new Vocabulary(tags, "vocabulary");
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
   * Checks that {@link #parse} knows the form of an option.
   *
   * @throws IllegalArgumentException if not
   */
  public static void checkOption(String option) {
    if (!option.startsWith(FILE) && !option.matches("top:0*[1-9][0-9]{0,8}")) {
      throw new IllegalArgumentException(
          "vocabulary is '"
              + option
              + "', but must be top:N (the N >= 1 most frequent tags) or file:F (one tag per line)");
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

  /**
   * Reads a file that a user made, of one tag per line in any spelling; empty lines do not count.
   *
   * @throws IllegalArgumentException if a line holds no tag or several, or two the same
   */
  public static Vocabulary read(Path file) throws IOException {
    List<String> lines = TextInput.lines("vocabulary", file);
    Map<String, Integer> firsts = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank()) {
        Integer first = firsts.putIfAbsent(single(line, file + ":" + (i + 1)), i);
        if (first != null) {
          throw new IllegalArgumentException(
              file
                  + String.format(
                      Locale.ROOT,
                      ": lines %d and %d, '%s' and '%s', are the same tag",
                      first + 1,
                      i + 1,
                      Invisible.shown(lines.get(first), SHOWN),
                      Invisible.shown(line, SHOWN))
                  + " (case, spaces, '#' and invisible characters do not count)");
        }
      }
    }
    return new Vocabulary(List.copyOf(firsts.keySet()), file.toString());
  }

  private static String single(String line, String place) {
    List<String> tags;
    try {
      tags = TagText.of(line);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
    }
    if (tags.size() != 1) {
      String shown = Invisible.shown(line, SHOWN);
      throw new IllegalArgumentException(
          place
              + ": '"
              + shown
              + (tags.isEmpty()
                  ? "' is not a tag: it has no letter, digit or symbol, or more than "
                      + Hashtags.MAX_CODE_POINTS
                      + " characters"
                  : "' holds several tags, "
                      + String.join(" and ", tags)
                      + "; write one per line"));
    }
    return tags.get(0);
  }

  /** Reads a file that {@link #write} wrote: its tags are not folded again. */
  public static Vocabulary readExactly(Path file) throws IOException {
    String text;
    try {
      text = Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("vocabulary: " + file + " is not text in UTF-8", e);
    }
    return new Vocabulary(
        Arrays.stream(text.split("\n")).filter(line -> !line.isEmpty()).toList(), file.toString());
  }

  /** Writes the file that {@link #readExactly} reads. */
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
