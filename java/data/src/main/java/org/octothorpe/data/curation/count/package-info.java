/**
 * The first reading of the input: how many images carry each tag, and which rows take no part.
 *
 * <p>This room may use {@code rules}, {@code spill} and {@code rows}.
 */
@NullMarked
package org.octothorpe.data.curation.count;

import org.jspecify.annotations.NullMarked;
