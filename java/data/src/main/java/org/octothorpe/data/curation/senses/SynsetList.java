package org.octothorpe.data.curation.senses;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.octothorpe.data.files.TextLines;
import org.octothorpe.data.tags.Invisible;
import org.octothorpe.data.wordnet.WordNet;

/**
 * A file of synsets: one WordNet 3.0 id per line, such as {@code n02132136}, and after it any text.
 * Lines that begin with '#' are comments.
 */
public final class SynsetList {
  private SynsetList() {}

  /** Returns the ids; all of them are synsets, and none occurs twice. */
  public static Set<String> read(Path file) throws IOException {
    Set<String> ids = new LinkedHashSet<>();
    TextLines.read(
        "vocabulary",
        file,
        line -> {
          String text = Invisible.without(line).strip();
          if (text.startsWith("#")) {
            return;
          }
          String id = require(text.split("\\s", 2)[0]);
          if (!ids.add(id)) {
            throw new IllegalArgumentException(id + " occurs a second time");
          }
        });
    if (ids.isEmpty()) {
      throw new IllegalArgumentException(file + ": has no synset");
    }
    return ids;
  }

  /** Returns the id of a synset of WordNet 3.0. */
  public static String require(String id) {
    if (!id.matches("n[0-9]{8}")) {
      throw new IllegalArgumentException(
          "'" + id + "' is not the id of a synset, which is n and eight digits, as in n02132136");
    }
    if (WordNet.nouns().synset(id) == null) {
      throw new IllegalArgumentException(id + " is not a noun synset of WordNet 3.0");
    }
    return id;
  }
}
