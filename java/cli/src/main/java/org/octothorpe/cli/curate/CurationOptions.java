package org.octothorpe.cli.curate;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.CurationSettings;
import org.octothorpe.data.curation.VocabularyRule;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.faults.BadSamples;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that decide the result of a curation, on one machine or on a cluster. */
public final class CurationOptions {
  @Option(
      names = "--input",
      required = true,
      paramLabel = "SOURCE",
      arity = "1..*",
      description = "Tar shards, .jsonl, .csv or .parquet tables, globs or folders of them.")
  private List<String> input = List.of();

  @Option(
      names = "--vocabulary",
      paramLabel = "V",
      description =
          "wordnet (default: tags that name a noun), wordnet-top:N (the N most frequent of them),"
              + " synsets:F (those of the synsets in a file), top:N (the N most frequent tags, as"
              + " they are), or file:F (one tag per line).")
  private String vocabulary = "wordnet";

  @Option(
      names = "--overrides",
      paramLabel = "FILE",
      description = "Synsets of tags that --senses gets wrong.")
  private @Nullable Path overrides;

  @Option(
      names = "--senses",
      paramLabel = "R",
      description =
          "Which synset a tag of several stands for: context (default: the one that fits the tags"
              + " beside it in the input) or frequency (the one that WordNet's authors met most"
              + " often).")
  private SenseRule senses = SenseRule.CONTEXT;

  @Option(
      names = "--drop",
      paramLabel = "FILE",
      arity = "1..*",
      description =
          "Images to leave out, as drop.txt of 'dedup --within' lists them: one line per image, with the shard's"
              + " file name, a tab, the image's name.")
  private List<String> drop = List.of();

  @Option(
      names = "--min-count",
      paramLabel = "N",
      description = "Images that a tag of the vocabulary needs (default 1).")
  private long minCount = 1;

  @Option(
      names = "--sampling",
      paramLabel = "S",
      description =
          "How often images of rare tags are repeated: sqrt (default), uniform, or natural (once).")
  private RepeatPower sampling = RepeatPower.SQRT;

  @Option(
      names = "--t",
      paramLabel = "SHARE",
      description = "Tags on a smaller share of the images are rare (default 0.001).")
  private double threshold = RepeatPower.DEFAULT_THRESHOLD;

  @Option(
      names = "--noise",
      paramLabel = "SHARE",
      description = "Share of the tags to replace by others, in [0,1] (default 0).")
  private double noise;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes the noise (default 1).")
  private long seed = 1;

  @Option(
      names = "--format",
      paramLabel = "F",
      description =
          "shards (default: tars with the images) or parquet (tables that point to them).")
  private OutputFormat format = OutputFormat.SHARDS;

  @Option(
      names = "--shard-size",
      paramLabel = "N",
      description = "Images a file (default 10000; of a table 1000000).")
  private @Nullable Long shardSize;

  @Option(
      names = "--max-bad",
      paramLabel = "SHARE",
      description =
          "Share of the rows that may be unusable, in [0,1] (default 0.001). One is always allowed,"
              + " unless it is 0.")
  private double maxBad = BadSamples.DEFAULT_MAX_FRACTION;

  /**
   * Returns the settings that were given.
   *
   * @throws ParameterException for values that they cannot have
   */
  public CurationSettings settings(CommandLine line) {
    try {
      VocabularyRule.checkOption(vocabulary);
      return new CurationSettings(
          input,
          vocabulary,
          overrides == null ? null : overrides.toString(),
          senses,
          drop,
          minCount,
          sampling,
          threshold,
          noise,
          seed,
          format,
          shardSize != null ? shardSize : format == OutputFormat.SHARDS ? 10_000 : 1_000_000,
          maxBad);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(line, "--" + e.getMessage(), e);
    }
  }
}
