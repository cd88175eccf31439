/**
 * Rows, the input of curation: an image and its tags, from a shard or from a table of CSV, JSON
 * Lines or Parquet.
 *
 * <p>This room may use {@code shards} and what that uses.
 */
@NullMarked
package org.octothorpe.data.rows;

import org.jspecify.annotations.NullMarked;
