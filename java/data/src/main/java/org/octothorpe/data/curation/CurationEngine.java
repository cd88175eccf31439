package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.count.DroppedRows;
import org.octothorpe.data.curation.count.Exclusions;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.rules.TagSelection;
import org.octothorpe.data.curation.select.ShardPlan;
import org.octothorpe.data.curation.spill.TagCounts;
import org.octothorpe.data.curation.write.EpochTally;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.curation.write.WriteStage;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.RowFile;

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
   * @param listener receives the progress
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

  /**
   * What the first reading found.
   *
   * @param rows that take part
   * @param duplicateIds rows excluded because an earlier one has their id
   * @param dropped rows excluded because a list says so
   * @param exclusions all rows that are well formed, but take no part
   * @param tagsPerImage how many rows have 0, 1, 2, ... tags
   * @param raw tags as read
   * @param evidence the keys of the {@link TagEvidence}
   */
  record Counts(
      long rows,
      long duplicateIds,
      DroppedRows dropped,
      Exclusions exclusions,
      List<Long> tagsPerImage,
      TagCounts raw,
      TagCounts evidence) {
    /** Copies the list. */
    public Counts {
      tagsPerImage = List.copyOf(tagsPerImage);
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

  /** Reads it for the third time and writes the files of the set that do not exist yet. */
  EpochTally write(WriteStage pass, Path folder, CurationListener listener) throws IOException;
}
