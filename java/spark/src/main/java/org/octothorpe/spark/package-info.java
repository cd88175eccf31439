/**
 * Curation on a Spark cluster, for inputs beyond one machine. It applies the rules of {@code
 * octothorpe-data} and writes the same bytes as its engine for one machine.
 */
@NullMarked
package org.octothorpe.spark;

import org.jspecify.annotations.NullMarked;
