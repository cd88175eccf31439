/**
 * Counter-based random numbers: every draw is a pure function of a seed, a purpose and an index.
 */
@NullMarked
package org.octothorpe.random;

import org.jspecify.annotations.NullMarked;
