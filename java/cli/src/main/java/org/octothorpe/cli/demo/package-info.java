/** The whole job in a few minutes, on a world of images that a program draws. */
@NullMarked
package org.octothorpe.cli.demo;

import org.jspecify.annotations.NullMarked;
