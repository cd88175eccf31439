/** The {@code replay} verb: reference cases computed elsewhere, run through the library. */
@NullMarked
package org.octothorpe.cli.replay;

import org.jspecify.annotations.NullMarked;
