package org.octothorpe.data.wordnet;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.tags.Hashtags;

/**
 * The nouns of WordNet 3.0, found by hashtags: #ursusarctos, #BrownBear and #brownbears are one
 * synset. Safe from many threads; takes about a second to load and 80 MB.
 */
public final class WordNet {
  private static final Pattern NAME_WITH_ID = Pattern.compile(".+\\.(n[0-9]{8})");
  private static final String[][] OTHER_PARTS = {
    {"adj", "adjective"}, {"adv", "adverb"}, {"verb", "verb"}
  };
  // Of lemmas with the same letters, "bow-tie" and "bowtie", one word precedes several.
  private static final Comparator<String> SIMPLEST_FIRST =
      Comparator.comparingInt(String::length).thenComparing(Hashtags.BY_CODE_POINT);

  private static final class Published {
    static final WordNet NOUNS = new WordNet(WordNetFiles.published());
  }

  private final WordNetFiles files;
  private final Map<String, Synset> synsets;
  private final Map<String, List<Sense>> senses = new HashMap<>();
  private final Plurals plurals;
  private @Nullable Map<String, Set<String>> otherParts;

  WordNet(WordNetFiles files) {
    this.files = files;
    synsets = files.synsets();
    Map<String, List<Sense>> ofLemmas = files.senses(synsets);
    ofLemmas.keySet().stream()
        .collect(Collectors.groupingBy(WordNet::key))
        .forEach(
            (key, lemmas) ->
                senses.put(
                    key,
                    mostFrequentFirst(
                        lemmas.stream()
                            .sorted(SIMPLEST_FIRST)
                            .map(lemma -> List.copyOf(ofLemmas.getOrDefault(lemma, List.of())))
                            .toList())));
    plurals = new Plurals(files.irregularPlurals(), ofLemmas.keySet());
    for (Synset synset : synsets.values()) {
      if (ownSenses(synset).stream().noneMatch(sense -> sense.synset().equals(synset))) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "WordNet: index.noun: '%s' lacks its sense %s, which data.noun has",
                synset.lemmas().get(0),
                synset.id()));
      }
    }
  }

  /** Returns WordNet, loaded once in a process. */
  public static WordNet nouns() {
    return Published.NOUNS;
  }

  /** Returns all synsets, in the order of their ids. */
  public Collection<Synset> synsets() {
    return Collections.unmodifiableCollection(synsets.values());
  }

  /** Returns the synset with an id such as {@code n02132136}, or null if there is none. */
  public @Nullable Synset synset(String id) {
    return synsets.get(id);
  }

  /** Returns the number of different spellings of lemmas, by {@link #key}. */
  public int keys() {
    return senses.size();
  }

  /**
   * Returns what is compared of a folded tag or lemma: letters and digits alone, since hashtags
   * join words and most platforms end them at punctuation. #jackolantern is "jack-o'-lantern".
   */
  public static String key(String folded) {
    StringBuilder key = new StringBuilder(folded.length());
    folded.codePoints().filter(Character::isLetterOrDigit).forEach(key::appendCodePoint);
    return key.toString();
  }

  /**
   * Returns the meanings of a tag; empty if it is not a noun. The most frequent comes first; a
   * lemma precedes plurals of other lemmas, as glasses do those of glass. A tag that is the {@link
   * #name} of a synset has no meaning before that one.
   */
  public List<Sense> senses(String tag) {
    String folded = Hashtags.fold(tag);
    Matcher name = NAME_WITH_ID.matcher(folded);
    if (name.matches()) {
      Synset synset = synsets.get(name.group(1));
      return synset != null && folded.equals(name(synset))
          ? ownSenses(synset).stream().filter(sense -> sense.synset().equals(synset)).toList()
          : List.of();
    }
    String key = key(folded);
    List<Sense> own = senses.getOrDefault(key, List.of());
    List<List<Sense>> ofSingulars = new ArrayList<>();
    for (String singular : plurals.singulars(key)) {
      ofSingulars.add(
          senses.getOrDefault(singular, List.of()).stream().map(Sense::asPlural).toList());
    }
    return distinct(List.of(own, mostFrequentFirst(ofSingulars)));
  }

  /**
   * Returns the name of the tag that stands for a synset: its first lemma, joined and folded, if
   * that, read as a tag, means this synset first; otherwise the same with a dot and the id. Of the
   * cranes the machine is {@code crane} and the bird {@code crane.n02012849}. So no two synsets
   * have the same name, and {@link #senses} of a name finds its synset.
   */
  public String name(Synset synset) {
    String plain = key(Hashtags.fold(synset.lemmas().get(0)));
    return ownSenses(synset).get(0).synset().equals(synset) ? plain : plain + "." + synset.id();
  }

  /**
   * Returns what a tag is besides a noun: "adjective", "adverb" or "verb"; empty if WordNet has it
   * as none of these.
   */
  public synchronized List<String> otherParts(String tag) {
    Map<String, Set<String>> parts = otherParts;
    if (parts == null) {
      parts = new LinkedHashMap<>();
      for (String[] part : OTHER_PARTS) {
        parts.put(
            part[1], files.lemmas(part[0]).stream().map(WordNet::key).collect(Collectors.toSet()));
      }
      otherParts = parts;
    }
    String key = key(Hashtags.fold(tag));
    return parts.entrySet().stream()
        .filter(part -> part.getValue().contains(key))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns the singulars of a joined word; none if it is not a plural. */
  Collection<String> singulars(String plural) {
    return plurals.singulars(plural);
  }

  /** The senses of a synset's first lemma. */
  private List<Sense> ownSenses(Synset synset) {
    return senses.getOrDefault(key(Hashtags.fold(synset.lemmas().get(0))), List.of());
  }

  private static List<Sense> mostFrequentFirst(List<List<Sense>> groups) {
    return distinct(
        List.of(groups.stream().flatMap(List::stream).sorted(Sense.MOST_FREQUENT_FIRST).toList()));
  }

  /** Joins lists, with the first sense of each synset alone. */
  private static List<Sense> distinct(List<List<Sense>> groups) {
    Map<String, Sense> first = new LinkedHashMap<>();
    for (List<Sense> group : groups) {
      for (Sense sense : group) {
        first.putIfAbsent(sense.synset().id(), sense);
      }
    }
    return List.copyOf(first.values());
  }
}
