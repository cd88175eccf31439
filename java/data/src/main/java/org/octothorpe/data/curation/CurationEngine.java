package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.octothorpe.data.BadSamples;
import org.octothorpe.data.RowFile;

/**
 * What reads the input of a curation and writes its set: the threads of this machine, or a cluster.
 * All engines apply the same rules and give the same bytes.
 */
public interface CurationEngine {
  /**
   * What the readings have in common.
   *
   * @param settings of the curation
   * @param files the input
   * @param drops the images that take no part
   * @param spill a folder for what does not fit in memory, deleted at the end
   * @param listener told of the progress
   */
  record Input(
      CurationSettings settings,
      List<RowFile> files,
      DropLists drops,
      Path spill,
      CurationListener listener) {
    /** Copies the list. */
    public Input {
      files = List.copyOf(files);
    }

    /** Returns whether rows without their image are of no use. */
    public boolean needsImages() {
      return settings.format() == OutputFormat.SHARDS;
    }
  }

  /** Tags with their counts, which can be read again and again. */
  @FunctionalInterface
  interface Tags {
    /** Returns them in code point order. */
    TagRun.Cursor open() throws IOException;
  }

  /**
   * What the first reading found.
   *
   * @param rows that take part
   * @param duplicateIds rows excluded because an earlier one has their id
   * @param dropped rows excluded because a list says so
   * @param exclusions all rows that are well formed, but take no part
   * @param tagsAnImage how many rows have 0, 1, 2, ... tags
   * @param raw tags as read
   * @param evidence the keys of the {@link TagEvidence}
   */
  record Counts(
      long rows,
      long duplicateIds,
      DroppedRows dropped,
      Exclusions exclusions,
      List<Long> tagsAnImage,
      Tags raw,
      Tags evidence) {
    /** Copies the list. */
    public Counts {
      tagsAnImage = List.copyOf(tagsAnImage);
    }
  }

  /**
   * Reads the input for the first time: counts tags, finds rows that cannot take part.
   *
   * @param evidence what to count of an image beside its tags
   * @param bad counts and names the rows that cannot be used; its limit is kept
   */
  Counts count(Input input, TagEvidence evidence, BadSamples bad) throws IOException;

  /** Reads it for the second time: which rows are selected. */
  ShardPlan select(Input input, Exclusions exclusions, TagSelection selection) throws IOException;

  /** Reads it for the third time and writes the files of the set that are not there yet. */
  EpochTally write(WritePass pass, Path folder, CurationListener listener) throws IOException;
}
