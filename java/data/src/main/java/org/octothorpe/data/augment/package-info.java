/**
 * Which view of an image a network sees: a crop, its size, whether it is mirrored or shifted.
 *
 * <p>This room uses no other one.
 */
@NullMarked
package org.octothorpe.data.augment;

import org.jspecify.annotations.NullMarked;
