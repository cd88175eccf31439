/** Plumbing that the modules of this project share; not for their users. */
@NullMarked
package org.octothorpe.internal;

import org.jspecify.annotations.NullMarked;
