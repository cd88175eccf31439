/**
 * What a file is, by its name, its first bytes or its lines: names as text, formats of photographs,
 * lines with their places.
 *
 * <p>This room may use {@code faults} and {@code machine}.
 */
@NullMarked
package org.octothorpe.data.files;

import org.jspecify.annotations.NullMarked;
