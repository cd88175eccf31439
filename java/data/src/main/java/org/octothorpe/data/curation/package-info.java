/**
 * Curation: from raw hashtagged images to a training set. The rules are pure functions; an engine
 * on one machine and a Spark job use the same ones.
 */
@NullMarked
package org.octothorpe.data.curation;

import org.jspecify.annotations.NullMarked;
