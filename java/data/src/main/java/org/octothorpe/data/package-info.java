/**
 * Hashtagged photographs: shards and folders, vocabularies, augmentation and the loader of batches.
 *
 * <pre>{@code
 * Samples samples = Samples.open("data/train-*.tar");
 * Dataset data = samples.labelled(Vocabulary.parse("top:1000", samples));
 * try (Loader loader = data.batches(64).imageSize(224).seed(1).start(imagesConsumed).open()) {
 *   for (Batch batch : loader) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>A shard is a tar in WebDataset's convention: {@code 0001.jpg} beside {@code 0001.json}, which
 * holds {@code {"tags": ["#sunset", "sea"]}}, or {@code 0001.cls}, which holds a class id from 0. A
 * folder holds image files and {@code labels.csv} (columns {@code file} and {@code tags} or {@code
 * objects}, separated by ';') or {@code tags.jsonl} (lines {@code {"file": "a.jpg", "tags":
 * [...]}}). Images are JPEG, PNG or WebP, by their content, and stand upright as EXIF says.
 */
@NullMarked
package org.octothorpe.data;

import org.jspecify.annotations.NullMarked;
