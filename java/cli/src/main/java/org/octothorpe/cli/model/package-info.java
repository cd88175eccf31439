/**
 * The network and the images that a verb reads: a model file with its metadata, the options of
 * reading.
 *
 * <p>This room may use {@code common} and {@code report}.
 */
@NullMarked
package org.octothorpe.cli.model;

import org.jspecify.annotations.NullMarked;
