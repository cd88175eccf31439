/** The thin graph: a network as data, planned once for its shapes, then run without allocating. */
@NullMarked
package org.octothorpe.graph;

import org.jspecify.annotations.NullMarked;
