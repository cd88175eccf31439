package org.octothorpe.data;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;

/** The rooms of this module and the directions between them, as each package-info says. */
@AnalyzeClasses(
    packages = "org.octothorpe.data",
    importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {
  private static final String[] ROOMS = {
    "faults",
    "machine",
    "files",
    "tags",
    "augment",
    "tar",
    "samples",
    "images",
    "sources",
    "shards",
    "rows",
    "loading",
    "inference",
    "duplicates",
    "wordnet",
    "curation.spill",
    "curation.rules",
    "curation.senses",
    "curation.count",
    "curation.select",
    "curation.write"
  };

  /** No two packages know each other, directly or through others. */
  @ArchTest
  static final ArchRule NO_CIRCLES =
      slices().matching("org.octothorpe.(data..)").should().beFreeOfCycles();

  @ArchTest static final ArchRule DIRECTIONS = directions();

  private static ArchRule directions() {
    LayeredArchitecture rooms =
        layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("data")
            .definedBy("org.octothorpe.data")
            .layer("curation")
            .definedBy("org.octothorpe.data.curation");
    for (String room : ROOMS) {
      rooms = rooms.layer(room).definedBy("org.octothorpe.data." + room);
    }
    return rooms
        .whereLayer("faults")
        .mayNotAccessAnyLayer()
        .whereLayer("augment")
        .mayNotAccessAnyLayer()
        .whereLayer("machine")
        .mayOnlyAccessLayers("faults")
        .whereLayer("files")
        .mayOnlyAccessLayers("faults", "machine")
        .whereLayer("tags")
        .mayOnlyAccessLayers("faults")
        .whereLayer("wordnet")
        .mayOnlyAccessLayers("tags")
        .whereLayer("tar")
        .mayOnlyAccessLayers("faults", "files")
        .whereLayer("sources")
        .mayOnlyAccessLayers("faults", "files", "tar")
        .whereLayer("samples")
        .mayOnlyAccessLayers("faults", "files", "machine", "tags", "tar")
        .whereLayer("images")
        .mayOnlyAccessLayers("faults", "files", "machine", "samples", "augment")
        .whereLayer("shards")
        .mayOnlyAccessLayers("faults", "files", "machine", "tags", "tar", "samples", "sources")
        .whereLayer("rows")
        .mayOnlyAccessLayers("faults", "files", "tags", "samples", "sources", "shards")
        .whereLayer("data")
        .mayOnlyAccessLayers("faults", "files", "tags", "samples", "sources", "shards", "rows")
        .whereLayer("loading")
        .mayOnlyAccessLayers("data", "faults", "augment", "images", "samples", "tags")
        .whereLayer("inference")
        .mayOnlyAccessLayers("data", "loading")
        .whereLayer("duplicates")
        .mayOnlyAccessLayers(
            "data", "faults", "machine", "augment", "images", "samples", "loading", "inference")
        .whereLayer("curation.spill")
        .mayOnlyAccessLayers("samples", "tags")
        .whereLayer("curation.rules")
        .mayOnlyAccessLayers("curation.spill")
        .whereLayer("curation.senses")
        .mayOnlyAccessLayers("curation.rules", "curation.spill", "wordnet", "files", "tags")
        .whereLayer("curation.count")
        .mayOnlyAccessLayers(
            "curation.rules",
            "curation.spill",
            "faults",
            "files",
            "machine",
            "rows",
            "samples",
            "sources")
        .whereLayer("curation.select")
        .mayOnlyAccessLayers("curation.count", "curation.rules", "faults", "rows")
        .whereLayer("curation.write")
        .mayOnlyAccessLayers(
            "curation.select",
            "curation.count",
            "curation.rules",
            "faults",
            "files",
            "rows",
            "samples",
            "tags",
            "tar")
        .whereLayer("curation")
        .mayNotBeAccessedByAnyLayer();
  }
}
