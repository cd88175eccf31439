/**
 * Curation: from raw hashtagged images to a training set. The rules are pure functions; an engine
 * on one machine and a Spark job use the same ones.
 *
 * <p>Here are the entry point, {@link org.octothorpe.data.curation.Curation}, its settings, its
 * report and its engines. They may use all stages below ({@code write}, {@code select}, {@code
 * count}, {@code senses}, {@code rules}, {@code spill}); no stage uses them.
 */
@NullMarked
package org.octothorpe.data.curation;

import org.jspecify.annotations.NullMarked;
