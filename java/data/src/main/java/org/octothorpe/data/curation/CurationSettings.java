package org.octothorpe.data.curation;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.curation.write.SetOptions;

/**
 * What decides the result of a curation; kept in its manifest. Threads and memory are not part of
 * it.
 *
 * @param input shards, tables, globs or folders of them
 * @param vocabulary as {@link VocabularyRule#parse} takes it
 * @param overrides a file with the synsets of tags, or null
 * @param senses how a tag of several synsets gets one; vocabularies of tags as they are need none
 * @param drop files of images to leave out, see {@link DropLists}
 * @param minCount images that a canonical tag needs
 * @param sampling how strongly images of rare tags are repeated
 * @param threshold t of the repeat factors, in (0, 1]
 * @param noise share of the tags replaced by others, in [0, 1]
 * @param seed of the noise, and of the epoch that the report shows
 * @param format of the output
 * @param shardSize images per file of the output
 * @param maxBad share of the rows that may be bad, in [0, 1]
 */
public record CurationSettings(
    List<String> input,
    String vocabulary,
    @Nullable String overrides,
    SenseRule senses,
    List<String> drop,
    long minCount,
    RepeatPower sampling,
    double threshold,
    double noise,
    long seed,
    OutputFormat format,
    long shardSize,
    double maxBad)
    implements Serializable {
  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException that names the value and its rule
   */
  public CurationSettings {
    input = List.copyOf(input);
    drop = List.copyOf(drop);
    require(!input.isEmpty(), "input", "empty", "at least one source");
    require(minCount >= 0, "min-count", minCount, ">= 0");
    require(threshold > 0 && threshold <= 1, "t", threshold, "in (0, 1]");
    require(noise >= 0 && noise <= 1, "noise", noise, "in [0, 1]");
    require(shardSize >= 1 && shardSize <= 1 << 30, "shard-size", shardSize, "in [1, 2^30]");
    require(maxBad >= 0 && maxBad <= 1, "max-bad", maxBad, "in [0, 1]");
  }

  /** Returns the part that decides what is written of the selected images. */
  public SetOptions set() {
    return new SetOptions(format, shardSize, sampling, threshold, noise, seed);
  }

  private static void require(boolean holds, String name, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", but must be " + rule);
    }
  }
}
