/** Tensor files, checkpoints and training run folders; every file is checked before it is used. */
@NullMarked
package org.octothorpe.io;

import org.jspecify.annotations.NullMarked;
