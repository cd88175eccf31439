package org.octothorpe.data.curation.senses;

import java.util.Locale;

/** How a tag of several WordNet synsets gets the one that it stands for. */
public enum SenseRule {
  /** The synset that fits the tags beside it in the data, where they say enough. */
  CONTEXT,

  /** The one that WordNet's authors met most often. */
  FREQUENCY;

  /** Returns the name as options have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
