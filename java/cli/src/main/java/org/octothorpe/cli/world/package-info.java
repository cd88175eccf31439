/** The demo's world: hashtagged images that a program draws, with nothing to download. */
@NullMarked
package org.octothorpe.cli.world;

import org.jspecify.annotations.NullMarked;
