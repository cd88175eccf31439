/** Tests of tensor files, checkpoints and run folders. */
@NullMarked
package org.octothorpe.io;

import org.jspecify.annotations.NullMarked;
