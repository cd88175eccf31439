/** The operations of the C contract, one class each. */
@NullMarked
package org.octothorpe.ops;

import org.jspecify.annotations.NullMarked;
