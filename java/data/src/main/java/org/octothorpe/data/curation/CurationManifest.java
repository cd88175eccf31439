package org.octothorpe.data.curation;

import java.util.List;
import org.octothorpe.data.files.InputFile;
import org.octothorpe.data.sources.Sources;

/**
 * Where a curated set came from: kept as {@code manifest.json} in its folder. It holds no time and
 * no machine, so that the same input and settings give the same bytes.
 *
 * @param format version of this record
 * @param program version of the library
 * @param settings what was asked for
 * @param input the files that were read
 * @param counts what became of rows and tags
 * @param output the files of the set, without this one and the report
 */
public record CurationManifest(
    int format,
    String program,
    CurationSettings settings,
    List<InputFile> input,
    CurationReport.Counts counts,
    List<InputFile> output) {
  /** The file's name. */
  public static final String FILE = Sources.CURATION_MANIFEST;
}
