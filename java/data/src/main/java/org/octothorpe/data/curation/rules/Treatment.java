package org.octothorpe.data.curation.rules;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link TagRule} decided about a tag, and why.
 *
 * @param tag the folded tag
 * @param canonical the tag that it is replaced by, or null if it is dropped
 * @param reason one sentence for people, such as {@code "the only noun synset of 'brown bear'"}
 */
public record Treatment(String tag, @Nullable String canonical, String reason) {
  /** Returns whether the tag is kept, under its canonical name. */
  public boolean kept() {
    return canonical != null;
  }
}
