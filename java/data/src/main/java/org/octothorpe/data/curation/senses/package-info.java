/**
 * Which meaning a tag has that may have several: WordNet, lists of exceptions, and the tags beside
 * it.
 *
 * <p>This room may use {@code rules}, {@code spill} and {@code wordnet}.
 */
@NullMarked
package org.octothorpe.data.curation.senses;

import org.jspecify.annotations.NullMarked;
