package org.octothorpe.data.curation.senses;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.data.curation.spill.TagCount;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.data.wordnet.Relatedness;
import org.octothorpe.data.wordnet.Sense;
import org.octothorpe.data.wordnet.Synset;

/**
 * Chooses the synset of a word by the words of clear meaning beside it.
 *
 * <p>Each neighbor has a weight: the images that it shares with the word, times their pointwise
 * mutual information over the largest there can be, so that what occurs beside everything says
 * nothing. A synset's score is the mean {@link Relatedness} of the neighbors to it, with one image
 * that is related to nothing added, and a little for how often WordNet's authors met it. Sums are
 * in a fixed order: neither threads nor engines change a bit.
 */
final class SenseChooser {
  private static final double OF_COUNTS = 0.02;
  private static final double UNRELATED = 1; // weight of what smooths the mean
  private static final int MAX_NEIGHBORS = 64;
  private static final int LISTED = 5;

  private static final class Open {
    private final List<Sense> candidates;
    private long images;

    Open(List<Sense> candidates) {
      this.candidates = candidates;
    }
  }

  private static final class Clear {
    private final List<Synset> meanings;
    private long images;

    Clear(List<Synset> meanings) {
      this.meanings = meanings;
    }
  }

  private record Neighbor(String word, List<Synset> meanings, double weight) {}

  private record Scored(Synset synset, double score, List<Double> ofNeighbors) {}

  private record Reason(String word, double gain) {}

  private final long rows;
  private final Map<String, Open> open = new HashMap<>();
  private final Map<String, Clear> clear = new HashMap<>();

  SenseChooser(long rows) {
    this.rows = rows;
  }

  /** Adds the images of one spelling of a word; all spellings precede the first choice. */
  void addTag(TagSenses.Word word, long images) {
    if (!word.key().isEmpty()) {
      open.computeIfAbsent(word.key(), key -> new Open(word.candidates())).images += images;
    }
    if (!word.neighborKey().isEmpty()) {
      clear.computeIfAbsent(word.neighborKey(), key -> new Clear(word.meanings())).images += images;
    }
  }

  /** Chooses for a word, if it is one, by the words beside it and their numbers of images. */
  void choose(String word, List<TagCount> beside, Map<String, SenseChoice> chosen) {
    Open tag = open.get(word);
    if (tag != null) {
      chosen.put(word, choice(tag, neighbors(tag, beside)));
    }
  }

  /** Chooses for all other words by WordNet's counts alone. */
  void chooseWithoutNeighbors(Map<String, SenseChoice> chosen) {
    open.forEach((word, tag) -> chosen.computeIfAbsent(word, key -> choice(tag, List.of())));
  }

  private List<Neighbor> neighbors(Open tag, List<TagCount> beside) {
    List<Neighbor> neighbors = new ArrayList<>();
    double most = StrictMath.log((double) Math.max(2, rows));
    for (TagCount pair : beside) {
      Clear neighbor = clear.get(pair.tag());
      if (neighbor != null) {
        double information =
            StrictMath.log(
                (double) pair.images()
                    * (double) rows
                    / ((double) tag.images * (double) neighbor.images));
        if (information > 0) {
          double weight = (double) pair.images() * information / most;
          neighbors.add(new Neighbor(pair.tag(), neighbor.meanings, weight));
        }
      }
    }
    neighbors.sort(
        Comparator.comparingDouble(Neighbor::weight)
            .reversed()
            .thenComparing(Neighbor::word, Hashtags.BY_CODE_POINT));
    return neighbors.subList(0, Math.min(MAX_NEIGHBORS, neighbors.size()));
  }

  private static SenseChoice choice(Open tag, List<Neighbor> neighbors) {
    List<Scored> scored = scores(tag.candidates, neighbors);
    Scored best = scored.get(0);
    for (Scored sense : scored) {
      if (sense.score > best.score) {
        best = sense;
      }
    }
    Scored frequent = scored.get(0);
    Scored rival = frequent;
    if (best.synset.equals(frequent.synset)) {
      rival = scored.get(1);
      for (Scored sense : scored.subList(2, scored.size())) {
        if (sense.score > rival.score) {
          rival = sense;
        }
      }
    }
    return new SenseChoice(
        "",
        tag.images,
        frequent.synset.id(),
        best.synset.id(),
        best.synset.gloss(),
        best.score,
        rival.score,
        reasons(best, rival, neighbors));
  }

  private static List<Scored> scores(List<Sense> candidates, List<Neighbor> neighbors) {
    double total = UNRELATED;
    for (Neighbor neighbor : neighbors) {
      total += neighbor.weight;
    }
    double counted = candidates.size();
    for (Sense sense : candidates) {
      counted += sense.count();
    }
    List<Scored> scored = new ArrayList<>();
    for (Sense sense : candidates) {
      List<Double> parts = new ArrayList<>();
      double sum = 0;
      for (Neighbor neighbor : neighbors) {
        double part = neighbor.weight * related(sense.synset(), neighbor.meanings);
        parts.add(part);
        sum += part;
      }
      double prior = StrictMath.log((sense.count() + 1) / counted);
      scored.add(new Scored(sense.synset(), sum / total + OF_COUNTS * prior, parts));
    }
    return scored;
  }

  private static double related(Synset synset, List<Synset> meanings) {
    double most = 0;
    for (Synset meaning : meanings) {
      most = Math.max(most, Relatedness.nouns().of(synset, meaning));
    }
    return most;
  }

  private static List<String> reasons(Scored best, Scored rival, List<Neighbor> neighbors) {
    List<Reason> reasons = new ArrayList<>();
    for (int i = 0; i < neighbors.size(); i++) {
      double gain = best.ofNeighbors.get(i) - rival.ofNeighbors.get(i);
      if (gain > 0) {
        reasons.add(new Reason(neighbors.get(i).word, gain));
      }
    }
    reasons.sort(
        Comparator.comparingDouble(Reason::gain)
            .reversed()
            .thenComparing(Reason::word, Hashtags.BY_CODE_POINT));
    return reasons.stream().limit(LISTED).map(Reason::word).toList();
  }
}
