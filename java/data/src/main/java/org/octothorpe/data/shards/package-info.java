/**
 * WebDataset shards: which members of a tar are a sample, and the index beside a shard.
 *
 * <p>This room may use {@code samples}, {@code sources}, {@code tags}, {@code tar} and what they
 * use.
 */
@NullMarked
package org.octothorpe.data.shards;

import org.jspecify.annotations.NullMarked;
