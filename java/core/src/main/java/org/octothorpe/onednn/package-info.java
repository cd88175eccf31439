/** Convolutions and matrix products of oneDNN, for the device {@code cpu}. */
@NullMarked
package org.octothorpe.onednn;

import org.jspecify.annotations.NullMarked;
