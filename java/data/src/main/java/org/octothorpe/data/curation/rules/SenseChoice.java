package org.octothorpe.data.curation.rules;

import java.io.Serializable;
import java.util.List;

/**
 * Which of its synsets a tag stands for, and why.
 *
 * @param tag folded
 * @param images that carry it
 * @param frequent the id of the synset that WordNet's authors met most often
 * @param chosen the id of the synset that it stands for
 * @param meaning the gloss of the chosen synset
 * @param score how well that fits the tags beside it, with what WordNet's counts say
 * @param rivalScore the same of {@code frequent}, or of the next best synset if that was chosen
 * @param neighbors the words beside it that spoke most for {@code chosen} against its rival
 */
public record SenseChoice(
    String tag,
    long images,
    String frequent,
    String chosen,
    String meaning,
    double score,
    double rivalScore,
    List<String> neighbors)
    implements Serializable {
  /** Copies the list. */
  public SenseChoice {
    neighbors = List.copyOf(neighbors);
  }

  /** Returns whether the tags beside it have changed its meaning. */
  public boolean changed() {
    return !chosen.equals(frequent);
  }

  /** Returns the choice for another spelling of the same word. */
  public SenseChoice of(String spelling, long itsImages) {
    return new SenseChoice(
        spelling, itsImages, frequent, chosen, meaning, score, rivalScore, neighbors);
  }
}
