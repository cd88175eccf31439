package org.octothorpe.data.curation.senses;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.files.TextLines;
import org.octothorpe.data.tags.Invisible;
import org.octothorpe.data.tags.TagText;
import org.octothorpe.data.wordnet.WordNet;

/**
 * The meanings of tags that WordNet's order of senses gets wrong, or that it does not have.
 *
 * <p>A file has one line per tag: the tag, a tab, and the id of its synset, or {@code -} to drop
 * it. Lines that begin with '#' are comments.
 */
public final class Overrides implements Serializable {
  static final String DROP = "-";
  private static final long serialVersionUID = 1L;

  private final HashMap<String, String> synsets = new HashMap<>();

  /** Makes none, for {@link #read} to add to. */
  public Overrides() {}

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if a line is malformed, with its file and number
   */
  public static Overrides read(Path file) throws IOException {
    Overrides overrides = new Overrides();
    TextLines.read("overrides", file, overrides::add);
    return overrides;
  }

  private void add(String line) {
    String[] fields = line.strip().split("\t", -1);
    if (line.startsWith("#")) {
      if (fields.length == 2) {
        throw new IllegalArgumentException(
            "'" + fields[0] + "' would be a comment; write the tag without '#'");
      }
      return;
    }
    if (fields.length != 2) {
      throw new IllegalArgumentException(
          "'" + line + "' is not a tag, one tab, and the id of a synset or -");
    }
    List<String> tags = TagText.of(fields[0]);
    if (tags.size() > 1) {
      throw new IllegalArgumentException(
          "'"
              + fields[0]
              + "' holds several tags, "
              + String.join(" and ", tags)
              + "; a line each");
    }
    String key = tags.isEmpty() ? "" : WordNet.key(tags.get(0));
    if (key.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + fields[0] + "' has neither letter nor digit, or is too long");
    }
    String id = Invisible.without(fields[1]).strip();
    String synset = id.equals(DROP) ? DROP : SynsetList.require(id);
    if (synsets.putIfAbsent(key, synset) != null) {
      throw new IllegalArgumentException(
          "the tag '" + fields[0] + "' occurs a second time (case and punctuation do not count)");
    }
  }

  /** Returns the id of the synset of a folded tag, {@link #DROP}, or null if it has no override. */
  @Nullable String of(String tag) {
    return synsets.isEmpty() ? null : synsets.get(WordNet.key(tag));
  }
}
