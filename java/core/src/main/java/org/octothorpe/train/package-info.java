/** Training: batches, schedules, the trainer and its listeners. */
@NullMarked
package org.octothorpe.train;

import org.jspecify.annotations.NullMarked;
