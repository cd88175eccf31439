/**
 * Counts of more tags and ids than fit in memory: what does not fit goes to disk as sorted runs.
 *
 * <p>This room may use {@code samples} and {@code tags}.
 */
@NullMarked
package org.octothorpe.data.curation.spill;

import org.jspecify.annotations.NullMarked;
