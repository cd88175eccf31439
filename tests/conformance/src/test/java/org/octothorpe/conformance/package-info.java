/** Every operation on every device against an oracle in double precision. */
@NullMarked
package org.octothorpe.conformance;

import org.jspecify.annotations.NullMarked;
