/**
 * A sample, which is a labeled image in its place, and what stands for it: its location, its name
 * in lists, the key of its draws, a probe of its bytes.
 *
 * <p>This room may use {@code tar}, {@code tags} and what they use.
 */
@NullMarked
package org.octothorpe.data.samples;

import org.jspecify.annotations.NullMarked;
