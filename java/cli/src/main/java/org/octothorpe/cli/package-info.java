/**
 * The {@code octothorpe} command.
 *
 * <p>Each verb has a room, which may use {@code common}, {@code report} and {@code model}; the demo
 * uses the verbs that it shows. Nothing uses this package.
 */
@NullMarked
package org.octothorpe.cli;

import org.jspecify.annotations.NullMarked;
