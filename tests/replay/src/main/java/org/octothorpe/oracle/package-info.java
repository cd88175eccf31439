/**
 * Operations by plain loops in double, one class per operation: what tests compare with. Layouts
 * are those of the contract, NHWC and KRSC.
 */
@NullMarked
package org.octothorpe.oracle;

import org.jspecify.annotations.NullMarked;
