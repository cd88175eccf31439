/**
 * JMH benchmarks of the operations, with peers in the same run; shapes come from {@code
 * tests/shapes}.
 */
@NullMarked
package org.octothorpe.bench;

import org.jspecify.annotations.NullMarked;
