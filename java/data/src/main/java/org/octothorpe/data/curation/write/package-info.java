/**
 * The third reading of the input: the files of the set, as shards or as a table.
 *
 * <p>This room may use {@code select}, {@code count} and what they use.
 */
@NullMarked
package org.octothorpe.data.curation.write;

import org.jspecify.annotations.NullMarked;
