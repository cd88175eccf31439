package org.octothorpe.data.curation.write;

import java.util.Locale;

/** What a curated set is written as. */
public enum OutputFormat {
  /** WebDataset shards: tar files that hold the images. */
  SHARDS("tar"),
  /** Tables in Parquet that point to the images where they are. */
  PARQUET("parquet");

  /** A glob of the files of a set. */
  public static final String FILES = "curated-*";

  private final String extension;

  OutputFormat(String extension) {
    this.extension = extension;
  }

  /** Returns the name of a file of the output, by its number. */
  public String fileName(long number) {
    return String.format(Locale.ROOT, "curated-%06d.%s", number, extension);
  }
}
