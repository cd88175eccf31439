/** WordNet 3.0's nouns, by the spelling that hashtags give them. */
@NullMarked
package org.octothorpe.data.wordnet;

import org.jspecify.annotations.NullMarked;
