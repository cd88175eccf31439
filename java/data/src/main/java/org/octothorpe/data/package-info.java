/**
 * Hashtagged photographs: shards and folders, vocabularies, augmentation and the loader of batches.
 *
 * <pre>{@code
 * Samples samples = Samples.open("data/train-*.tar");
 * Dataset data = samples.labeled(Vocabulary.parse("top:1000", samples));
 * LoaderOptions options =
 *     LoaderOptions.of(data, 64).withImageSize(224).withSeed(1).withStart(imagesConsumed);
 * try (Loader loader = options.open()) {
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
 * [...]}}). Images are JPEG, PNG or WebP, by their content, and are made upright as EXIF says.
 *
 * <p>Here are the entry points: {@link org.octothorpe.data.Samples}, {@link
 * org.octothorpe.data.Vocabulary} and {@link org.octothorpe.data.Dataset}. They may use {@code
 * rows}, {@code shards} and what these use; {@code loading}, {@code inference}, {@code duplicates}
 * and {@code curation} use them.
 */
@NullMarked
package org.octothorpe.data;

import org.jspecify.annotations.NullMarked;
