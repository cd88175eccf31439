/**
 * The loader: batches that threads read and decode ahead, in an order that depends on the seed
 * alone.
 *
 * <p>This room may use {@code org.octothorpe.data}, {@code images} and what they use.
 */
@NullMarked
package org.octothorpe.data.loading;

import org.jspecify.annotations.NullMarked;
