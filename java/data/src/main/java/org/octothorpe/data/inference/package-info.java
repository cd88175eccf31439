/**
 * What a network makes of every image of a data set.
 *
 * <p>This room may use {@code loading} and what that uses.
 */
@NullMarked
package org.octothorpe.data.inference;

import org.jspecify.annotations.NullMarked;
