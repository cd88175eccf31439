/**
 * WordNet 3.0's nouns, by the spelling that hashtags give them.
 *
 * <p>This room may use {@code tags}.
 */
@NullMarked
package org.octothorpe.data.wordnet;

import org.jspecify.annotations.NullMarked;
