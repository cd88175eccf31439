package org.octothorpe.data.curation.senses;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.spill.TagCount;
import org.octothorpe.data.curation.spill.TagCounts;
import org.octothorpe.data.curation.spill.TagRun;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.data.wordnet.Sense;

/**
 * The evidence for the senses of tags: which words of clear meaning occur beside which words whose
 * meaning is open, and which tags of one image may turn out to be one.
 *
 * <p>The latter makes it needless to read the input again when the senses are known: a canonical
 * tag has as many images as its spellings together, less those that have several of them.
 */
public final class NeighborTags implements TagEvidence {
  private static final long serialVersionUID = 1L;

  private static final String PAIR = "p";
  private static final String SHARED = "s";
  private static final String SEPARATOR = "\0"; // in no key of a word
  private static final String FIXED = "="; // a tag that surely means the synset
  private static final int MAX_WORDS = 32; // of an image, that count as pairs

  private final SynsetTags rule;
  private final TagSenses senses;

  /** Makes the evidence for a rule whose tags may have several meanings. */
  public NeighborTags(SynsetTags rule) {
    this.rule = rule;
    this.senses = new TagSenses(rule);
  }

  @Override
  public void of(Collection<String> tags, Counter counter) throws IOException {
    Set<String> open = new LinkedHashSet<>();
    Set<String> clear = new LinkedHashSet<>();
    Map<String, List<String>> mayMean = new HashMap<>();
    for (String tag : tags) {
      TagSenses.Word word = senses.of(tag);
      if (!word.key().isEmpty() && open.size() < MAX_WORDS) {
        open.add(word.key());
      }
      if (!word.neighborKey().isEmpty() && clear.size() < MAX_WORDS) {
        clear.add(word.neighborKey());
      }
      for (Sense sense : word.candidates()) {
        mayMean
            .computeIfAbsent(sense.synset().id(), id -> new ArrayList<>(1))
            .add(word.key().isEmpty() ? FIXED : word.key());
      }
    }
    for (String word : open) {
      for (String neighbor : clear) {
        if (!word.equals(neighbor)) {
          counter.add(PAIR + SEPARATOR + word + SEPARATOR + neighbor);
        }
      }
    }
    for (Map.Entry<String, List<String>> synset : mayMean.entrySet()) {
      List<String> words = synset.getValue();
      if (words.size() > 1) {
        Collections.sort(words);
        counter.add(
            SHARED + SEPARATOR + synset.getKey() + SEPARATOR + String.join(SEPARATOR, words));
      }
    }
  }

  @Override
  public Conclusion conclude(long rows, TagCounts raw, TagCounts counts) throws IOException {
    SenseChooser chooser = new SenseChooser(rows);
    try (TagRun.Cursor all = raw.open()) {
      for (TagCount tag = all.next(); tag != null; tag = all.next()) {
        chooser.addTag(senses.of(tag.tag()), tag.images());
      }
    }
    Map<String, SenseChoice> chosen = choose(chooser, counts);
    SynsetTags concluded = rule.with(chosen);
    List<SenseChoice> choices = new ArrayList<>();
    Map<String, Long> canonical = new TreeMap<>(Hashtags.BY_CODE_POINT);
    try (TagRun.Cursor all = raw.open()) {
      for (TagCount tag = all.next(); tag != null; tag = all.next()) {
        SenseChoice choice = chosen.get(senses.of(tag.tag()).key());
        if (choice != null) {
          choices.add(choice.of(tag.tag(), tag.images()));
        }
        String name = concluded.treat(tag.tag()).canonical();
        if (name != null) {
          canonical.merge(name, tag.images(), Long::sum);
        }
      }
    }
    subtractShared(canonical, chosen, counts);
    List<TagCount> list = new ArrayList<>();
    canonical.forEach((tag, images) -> list.add(new TagCount(tag, images)));
    return new Conclusion(concluded, () -> TagRun.of(list), choices);
  }

  private static Map<String, SenseChoice> choose(SenseChooser chooser, TagCounts evidence)
      throws IOException {
    Map<String, SenseChoice> chosen = new HashMap<>();
    List<TagCount> neighbors = new ArrayList<>();
    String word = "";
    try (TagRun.Cursor all = evidence.open()) {
      for (TagCount key = all.next(); key != null; key = all.next()) {
        String[] parts = key.tag().split(SEPARATOR, -1);
        if (parts[0].equals(PAIR)) {
          if (!parts[1].equals(word)) {
            chooser.choose(word, neighbors, chosen);
            neighbors.clear();
            word = parts[1];
          }
          neighbors.add(new TagCount(parts[2], key.images()));
        }
      }
    }
    chooser.choose(word, neighbors, chosen);
    chooser.chooseWithoutNeighbors(chosen);
    return chosen;
  }

  /** Of several tags of an image that mean one synset, all but one count too often. */
  private void subtractShared(
      Map<String, Long> canonical, Map<String, SenseChoice> chosen, TagCounts evidence)
      throws IOException {
    try (TagRun.Cursor all = evidence.open()) {
      for (TagCount key = all.next(); key != null; key = all.next()) {
        String[] parts = key.tag().split(SEPARATOR, -1);
        if (parts[0].equals(SHARED)) {
          int mean = 0;
          for (int i = 2; i < parts.length; i++) {
            @Nullable SenseChoice choice = chosen.get(parts[i]);
            if (parts[i].equals(FIXED) || (choice != null && choice.chosen().equals(parts[1]))) {
              mean++;
            }
          }
          if (mean > 1) {
            canonical.merge(SynsetTags.name(parts[1]), -(mean - 1) * key.images(), Long::sum);
          }
        }
      }
    }
  }
}
