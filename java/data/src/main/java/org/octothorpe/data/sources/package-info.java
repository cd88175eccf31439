/**
 * The files that an argument of a user stands for, their kinds, and what the ids of their images
 * begin with.
 *
 * <p>This room may use {@code tar}, {@code files} and {@code faults}.
 */
@NullMarked
package org.octothorpe.data.sources;

import org.jspecify.annotations.NullMarked;
