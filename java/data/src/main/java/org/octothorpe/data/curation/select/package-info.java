/**
 * The second reading of the input: which images are selected, where each file of the set begins,
 * and how often an image is repeated.
 *
 * <p>This room may use {@code count} and what that uses.
 */
@NullMarked
package org.octothorpe.data.curation.select;

import org.jspecify.annotations.NullMarked;
