package org.octothorpe.data.wordnet;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads and checks WordNet's files of nouns; their format is wndb(5WN) of WordNet 3.0. */
final class WordNetFiles {
  /** Opens a file by its name. */
  interface Folder {
    @Nullable InputStream open(String file) throws IOException;
  }

  /** What becomes of one line. */
  private interface Line {
    void read(String line, long offset);
  }

  /**
   * A pointer from a synset to another.
   *
   * @param symbol the relation, as wninput(5WN) has it: {@code @} to a wider synset, {@code ~} to a
   *     narrower one, {@code #p} from a part to its whole, ...
   * @param target the id of the other synset
   */
  record Link(String symbol, String target) {}

  private static final String LICENCE = "  "; // begins each line of it, and no other
  private static final int OFFSET_DIGITS = 8;

  private final Folder folder;

  WordNetFiles(Folder folder) {
    this.folder = folder;
  }

  /** The files in the artifact net.sf.extjwnl:extjwnl-data-wn30. */
  static WordNetFiles published() {
    return new WordNetFiles(
        file ->
            WordNetFiles.class.getResourceAsStream("/net/sf/extjwnl/data/wordnet/wn30/" + file));
  }

  /** Returns the synsets of data.noun by their ids, in the order of the file. */
  Map<String, Synset> synsets() {
    Map<String, Synset> synsets = new LinkedHashMap<>();
    read(
        "data.noun",
        (line, offset) -> {
          Synset synset = synset(line);
          require(
              Integer.parseInt(synset.id().substring(1)) == offset,
              "begins at byte " + offset + ", but says " + synset.id().substring(1));
          synsets.put(synset.id(), synset);
        });
    require(!synsets.isEmpty(), "data.noun: has no synset");
    return synsets;
  }

  // offset lex_filenum ss_type w_cnt (word lex_id)... p_cnt (symbol offset pos source/target)... |
  // gloss
  private static Synset synset(String line) {
    int bar = line.indexOf(" | ");
    require(bar > 0, "has no gloss after ' | '");
    String[] fields = line.substring(0, bar).split(" ", -1);
    require(fields.length > 5 && fields[2].equals("n"), "is not a noun synset");
    int words = number(fields[3], 16);
    int links = 4 + 2 * words;
    require(words > 0 && links < fields.length, "has fewer than its " + words + " words");
    List<String> lemmas = new ArrayList<>(words);
    for (int i = 4; i < links; i += 2) {
      lemmas.add(fields[i].replace('_', ' '));
    }
    int pointers = number(fields[links], 10);
    require(
        fields.length == links + 1 + 4 * pointers,
        "has " + (fields.length - links - 1) + " fields for its " + pointers + " pointers");
    boolean instance = false;
    for (int i = links + 1; i < fields.length; i += 4) {
      instance |= fields[i].equals("@i");
    }
    return new Synset(id(fields[0]), lemmas, line.substring(bar + 3).strip(), instance);
  }

  /** Returns the nouns that each synset of data.noun points to, in the order of the file. */
  Map<String, List<Link>> links() {
    Map<String, List<Link>> links = new LinkedHashMap<>();
    read(
        "data.noun",
        (line, offset) -> {
          String[] fields = line.substring(0, Math.max(0, line.indexOf(" | "))).split(" ", -1);
          require(fields.length > 5, "is not a noun synset");
          List<Link> own = new ArrayList<>();
          for (int i = 5 + 2 * number(fields[3], 16); i + 3 < fields.length; i += 4) {
            if (fields[i + 2].equals("n")) {
              own.add(new Link(fields[i], id(fields[i + 1])));
            }
          }
          links.put(id(fields[0]), own);
        });
    return links;
  }

  /**
   * Returns the senses of each lemma of index.noun, in lower case and with spaces, in WordNet's
   * order.
   */
  Map<String, List<Sense>> senses(Map<String, Synset> synsets) {
    Map<String, Integer> counts = counts();
    Map<String, List<Sense>> senses = new LinkedHashMap<>();
    read(
        "index.noun",
        (line, offset) -> {
          // lemma pos synset_cnt p_cnt symbol... sense_cnt tagsense_cnt offset...
          String[] fields = line.strip().split(" ", -1);
          require(fields.length > 6 && fields[1].equals("n"), "is not a lemma of a noun");
          int meanings = number(fields[2], 10);
          int pointers = number(fields[3], 10);
          require(
              meanings > 0 && fields.length == 6 + pointers + meanings,
              "has " + fields.length + " fields for its " + meanings + " synsets");
          String lemma = fields[0].replace('_', ' ');
          List<Sense> own = new ArrayList<>(meanings);
          for (int i = 0; i < meanings; i++) {
            String id = id(fields[6 + pointers + i]);
            Synset synset = synsets.get(id);
            if (synset == null) {
              throw new IllegalArgumentException("names " + id + ", which data.noun has not");
            }
            int count = counts.getOrDefault(fields[0] + "%" + (i + 1), 0);
            own.add(new Sense(synset, lemma, false, count));
          }
          require(senses.put(lemma, own) == null, "has '" + lemma + "' a second time");
        });
    return senses;
  }

  /** Returns the counts of nouns in cntlist.rev by lemma, '%' and the number of the sense. */
  private Map<String, Integer> counts() {
    Map<String, Integer> counts = new HashMap<>();
    read(
        "cntlist.rev",
        (line, offset) -> {
          // lemma%ss_type:lex_filenum:lex_id:head:head_id sense_number tag_cnt
          String[] fields = line.split(" ", -1);
          int percent = fields[0].indexOf('%');
          require(fields.length == 3 && percent > 0, "is not the count of a sense");
          int count = number(fields[2], 10);
          require(count >= 0, "has the count " + count);
          if (fields[0].startsWith("%1:", percent)) {
            counts.put(fields[0].substring(0, percent) + "%" + fields[1], count);
          }
        });
    return counts;
  }

  /** Returns the singulars of the irregular plurals in noun.exc, both with spaces. */
  Map<String, List<String>> irregularPlurals() {
    Map<String, List<String>> plurals = new LinkedHashMap<>();
    read(
        "noun.exc",
        (line, offset) -> {
          List<String> words =
              List.of(line.strip().split(" ", -1)).stream().map(w -> w.replace('_', ' ')).toList();
          require(words.size() > 1, "has a plural without a singular");
          plurals.put(words.get(0), words.subList(1, words.size()));
        });
    return plurals;
  }

  /** Returns the lemmas of another part of speech: adj, adv or verb; with spaces. */
  Set<String> lemmas(String part) {
    Set<String> lemmas = new HashSet<>();
    read(
        "index." + part,
        (line, offset) ->
            lemmas.add(line.substring(0, Math.max(0, line.indexOf(' '))).replace('_', ' ')));
    return lemmas;
  }

  private void read(String file, Line lines) {
    int number = 0;
    try (InputStream in = folder.open(file)) {
      if (in == null) {
        throw new IllegalStateException(
            "WordNet: no " + file + "; the artifact net.sf.extjwnl:extjwnl-data-wn30 is missing");
      }
      // The files are ASCII, so that the characters of a line are its bytes.
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      long offset = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.startsWith(LICENCE)) {
          lines.read(line, offset);
        }
        offset += line.length() + 1;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "WordNet: " + file + ":" + number + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("WordNet: " + file, e);
    }
  }

  private static String id(String offset) {
    require(
        offset.length() == OFFSET_DIGITS && offset.chars().allMatch(c -> c >= '0' && c <= '9'),
        "has the offset '" + offset + "', but it must have eight digits");
    return "n" + offset;
  }

  private static int number(String text, int radix) {
    try {
      return Integer.parseInt(text, radix);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("has '" + text + "', but must have a number", e);
    }
  }

  private static void require(boolean valid, String otherwise) {
    if (!valid) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
