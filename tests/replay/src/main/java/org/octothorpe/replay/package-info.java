/** The {@code replay} verb: reference cases computed elsewhere, run through the library. */
@NullMarked
package org.octothorpe.replay;

import org.jspecify.annotations.NullMarked;
