/** The verb that finds what training has seen of the images that a network is tested on. */
@NullMarked
package org.octothorpe.cli.duplicates;

import org.jspecify.annotations.NullMarked;
