/**
 * From a sample to pixels: the decoders of JPEG, PNG and WebP, by the content of the file.
 *
 * <p>This room may use {@code samples}, {@code augment} and what they use.
 */
@NullMarked
package org.octothorpe.data.images;

import org.jspecify.annotations.NullMarked;
