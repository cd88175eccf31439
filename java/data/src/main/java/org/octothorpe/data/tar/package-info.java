/**
 * Tar archives as bytes: headers, members, compressed archives and the files that they are unpacked
 * into, and the writer.
 *
 * <p>This room may use {@code faults} and {@code files}; it does not know what the members mean.
 */
@NullMarked
package org.octothorpe.data.tar;

import org.jspecify.annotations.NullMarked;
