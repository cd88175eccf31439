/** The {@code octothorpe} command. */
@NullMarked
package org.octothorpe.cli;

import org.jspecify.annotations.NullMarked;
