/**
 * What is wrong with data, and how much of it may be: {@link BadSamples} counts and names what
 * cannot be used, exceptions end a reading.
 *
 * <p>This room uses no other one.
 */
@NullMarked
package org.octothorpe.data.faults;

import org.jspecify.annotations.NullMarked;
