/** Devices, tensors and their element types. */
@NullMarked
package org.octothorpe;

import org.jspecify.annotations.NullMarked;
