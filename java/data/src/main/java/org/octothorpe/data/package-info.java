/**
 * Hashtagged photographs: shards and folders, vocabularies, augmentation and the loader of batches.
 */
@NullMarked
package org.octothorpe.data;

import org.jspecify.annotations.NullMarked;
