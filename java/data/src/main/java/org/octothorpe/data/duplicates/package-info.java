/**
 * Duplicates between data sets and within one: what training has seen of the images that a network
 * is tested on.
 *
 * <p>Cheap passes and a search by features propose pairs of images; the alignment of their pixels
 * decides; planted duplicates of the data itself measure what is found and where the threshold
 * lies.
 *
 * <p>This room may use {@code inference}, {@code images} and what they use.
 */
@NullMarked
package org.octothorpe.data.duplicates;

import org.jspecify.annotations.NullMarked;
