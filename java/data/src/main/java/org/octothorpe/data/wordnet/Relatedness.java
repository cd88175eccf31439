package org.octothorpe.data.wordnet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How much two synsets have to do with each other, by WordNet alone: what they are both kinds of,
 * and which rare words describe both. Safe from many threads; the same on every machine, to the
 * last bit.
 *
 * <p>The first part is the square of Lin's similarity, with the information content that Seco,
 * Veale and Hayes (2004) read from the number of narrower synsets. The second is the overlap of
 * extended glosses of Banerjee and Pedersen (2003): the words of a synset and of those that it
 * points to, each weighted by how few synsets it describes.
 */
public final class Relatedness {
  private static final double OF_GLOSSES = 0.2;
  private static final double NEAR = 0.7; // of the words of a synset next to it
  private static final int MAX_LINKS = 60;

  /** The relations that extend a gloss, and the share of their words. */
  private static final Map<String, Double> RELATIONS =
      Map.ofEntries(
          Map.entry("@", 1.0),
          Map.entry("@i", 1.0),
          Map.entry("~", 0.5),
          Map.entry("%p", 1.0),
          Map.entry("%m", 0.5),
          Map.entry("%s", 1.0),
          Map.entry("#p", 1.0),
          Map.entry("#m", 1.0),
          Map.entry("#s", 1.0),
          Map.entry(";c", 1.0),
          Map.entry("-c", 0.5));

  private static final class Published {
    static final Relatedness NOUNS =
        new Relatedness(WordNet.nouns(), WordNetFiles.published().links());
  }

  private static final int MAX_PROFILES = 1 << 14; // in memory; others are made again

  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<Integer, Profile> profiles = new ConcurrentHashMap<>();
  private final List<List<WordNetFiles.Link>> links = new ArrayList<>();
  private final int[][] ancestors; // of each synset, itself among them, ascending
  private final double[]
      content; // information content in [0, 1], 1 for what has no narrower synset
  private final int[][] words;
  private final double[] rarity; // of each word

  Relatedness(WordNet wordNet, Map<String, List<WordNetFiles.Link>> linksOf) {
    for (Synset synset : wordNet.synsets()) {
      numbers.put(synset.id(), numbers.size());
      links.add(linksOf.getOrDefault(synset.id(), List.of()));
    }
    int count = numbers.size();
    ancestors = new int[count][];
    int[] narrower = new int[count];
    for (int i = 0; i < count; i++) {
      for (int wider : ancestors(i)) {
        narrower[wider]++;
      }
    }
    content = new double[count];
    double whole = StrictMath.log(Math.max(2, count));
    for (int i = 0; i < count; i++) {
      content[i] = 1 - StrictMath.log(narrower[i]) / whole;
    }
    GlossWords glosses = new GlossWords(wordNet);
    words = new int[count][];
    for (Synset synset : wordNet.synsets()) {
      words[number(synset.id())] = glosses.of(synset);
    }
    int[] described = new int[glosses.size()];
    for (int[] own : words) {
      for (int word : own) {
        described[word]++;
      }
    }
    rarity = new double[described.length];
    for (int word = 0; word < rarity.length; word++) {
      double inverse = Math.max(0, StrictMath.log(count / (1.0 + described[word])) / whole);
      rarity[word] = inverse * inverse * inverse;
    }
  }

  /** Returns the relatedness of the nouns of WordNet, loaded once in a process. */
  public static Relatedness nouns() {
    return Published.NOUNS;
  }

  /**
   * Returns the relatedness of two synsets, at least 0; most have about 0.02, two dogs more than 1.
   *
   * @throws IllegalArgumentException if one is not a synset of WordNet
   */
  public double of(Synset a, Synset b) {
    double similar = similarity(a, b);
    return similar * similar + OF_GLOSSES * overlap(profile(a), profile(b));
  }

  /** Returns Lin's similarity: 1 for the same synset, 0 for two that are only both entities. */
  public double similarity(Synset a, Synset b) {
    int[] one = ancestors[number(a.id())];
    int[] other = ancestors[number(b.id())];
    double most = 0;
    for (int i = 0, j = 0; i < one.length && j < other.length; ) {
      if (one[i] == other[j]) {
        most = Math.max(most, content[one[i]]);
        i++;
        j++;
      } else if (one[i] < other[j]) {
        i++;
      } else {
        j++;
      }
    }
    double sum = content[number(a.id())] + content[number(b.id())];
    return sum > 0 ? 2 * most / sum : 0;
  }

  /** The words of a synset and of those next to it, with their weights, ascending. */
  private static final class Profile {
    private final int[] words;
    private final double[] weights;

    Profile(int count) {
      words = new int[count];
      weights = new double[count];
    }
  }

  private Profile profile(Synset synset) {
    int number = number(synset.id());
    Profile known = profiles.get(number);
    if (known != null) {
      return known;
    }
    if (profiles.size() >= MAX_PROFILES) {
      profiles.clear();
    }
    Profile profile = makeProfile(number);
    profiles.put(number, profile);
    return profile;
  }

  private Profile makeProfile(int number) {
    Map<Integer, Double> weights = new TreeMap<>();
    for (int word : words[number]) {
      weights.put(word, 1.0);
    }
    int used = 0;
    for (WordNetFiles.Link link : links.get(number)) {
      Double share = RELATIONS.get(link.symbol());
      if (share != null && used++ < MAX_LINKS) {
        for (int word : words[number(link.target())]) {
          weights.merge(word, NEAR * share, Math::max);
        }
      }
    }
    Profile profile = new Profile(weights.size());
    int i = 0;
    for (Map.Entry<Integer, Double> word : weights.entrySet()) {
      profile.words[i] = word.getKey();
      profile.weights[i++] = word.getValue();
    }
    return profile;
  }

  private double overlap(Profile a, Profile b) {
    double sum = 0;
    for (int i = 0, j = 0; i < a.words.length && j < b.words.length; ) {
      if (a.words[i] == b.words[j]) {
        sum += Math.min(a.weights[i], b.weights[j]) * rarity[a.words[i]];
        i++;
        j++;
      } else if (a.words[i] < b.words[j]) {
        i++;
      } else {
        j++;
      }
    }
    return sum;
  }

  private int number(String id) {
    Integer number = numbers.get(id);
    if (number == null) {
      throw new IllegalArgumentException(id + " is not a synset of nouns of WordNet 3.0");
    }
    return number;
  }

  private int[] ancestors(int synset) {
    int[] known = ancestors[synset];
    if (known != null) {
      return known;
    }
    SortedSet<Integer> all = new TreeSet<>(Set.of(synset));
    for (WordNetFiles.Link link : links.get(synset)) {
      if (link.symbol().equals("@") || link.symbol().equals("@i")) {
        for (int wider : ancestors(number(link.target()))) {
          all.add(wider);
        }
      }
    }
    ancestors[synset] = all.stream().mapToInt(Integer::intValue).toArray();
    return ancestors[synset];
  }
}
