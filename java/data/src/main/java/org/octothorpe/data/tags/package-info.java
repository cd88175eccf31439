/**
 * Hashtags and the texts that hold them: which spellings are the same tag, and the label files,
 * lists and captions that tags are read from.
 *
 * <p>This room may use {@code faults}.
 */
@NullMarked
package org.octothorpe.data.tags;

import org.jspecify.annotations.NullMarked;
