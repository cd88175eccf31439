package org.octothorpe.data.curation.write;

import java.io.Serializable;
import org.octothorpe.data.curation.select.RepeatPower;

/**
 * The settings of a curation that decide what is written of the selected images.
 *
 * @param format of the files
 * @param shardSize images per file
 * @param sampling how strongly images of rare tags are repeated
 * @param threshold t of the repeat factors, in (0, 1]
 * @param noise share of the tags that are replaced by others, in [0, 1]
 * @param seed of the noise, and of the epoch that the report shows
 */
public record SetOptions(
    OutputFormat format,
    long shardSize,
    RepeatPower sampling,
    double threshold,
    double noise,
    long seed)
    implements Serializable {}
