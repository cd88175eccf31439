/** Training runs: their settings, their folder, their display. */
@NullMarked
package org.octothorpe.cli.train;

import org.jspecify.annotations.NullMarked;
