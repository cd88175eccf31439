/** Replays reference values that came from elsewhere through the library. */
@NullMarked
package org.octothorpe.cli.replay;

import org.jspecify.annotations.NullMarked;
