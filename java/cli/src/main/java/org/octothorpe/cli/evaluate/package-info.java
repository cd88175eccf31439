/** The {@code eval} and {@code probe} verbs: what a network has learned. */
@NullMarked
package org.octothorpe.cli.evaluate;

import org.jspecify.annotations.NullMarked;
