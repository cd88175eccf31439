/** Dense convolutions and matrix products, which a vendor keeps well, behind one interface. */
@NullMarked
package org.octothorpe.dense;

import org.jspecify.annotations.NullMarked;
