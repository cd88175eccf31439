/**
 * What the machine lends: threads that share tasks, files that stay open for the next image,
 * SHA-256.
 *
 * <p>This room may use {@code faults}.
 */
@NullMarked
package org.octothorpe.data.machine;

import org.jspecify.annotations.NullMarked;
