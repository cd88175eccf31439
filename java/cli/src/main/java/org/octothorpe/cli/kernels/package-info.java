/** The {@code kernels} verb: which implementations a device has. */
@NullMarked
package org.octothorpe.cli.kernels;

import org.jspecify.annotations.NullMarked;
