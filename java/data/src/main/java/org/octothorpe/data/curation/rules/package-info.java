/**
 * What becomes of a tag: it is kept, merged into a canonical one, or dropped, and why.
 *
 * <p>This room may use {@code spill}.
 */
@NullMarked
package org.octothorpe.data.curation.rules;

import org.jspecify.annotations.NullMarked;
