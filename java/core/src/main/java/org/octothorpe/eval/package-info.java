/** Evaluation: accuracy, precision, and linear classifiers on frozen features. */
@NullMarked
package org.octothorpe.eval;

import org.jspecify.annotations.NullMarked;
