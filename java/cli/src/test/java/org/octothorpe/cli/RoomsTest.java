package org.octothorpe.cli;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rooms of the command and the directions between them, as each package-info says. */
@AnalyzeClasses(
    packages = "org.octothorpe.cli",
    importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {
  /** No two packages know each other, directly or through others. */
  @ArchTest
  static final ArchRule NO_CIRCLES =
      slices().matching("org.octothorpe.(cli..)").should().beFreeOfCycles();

  /** A verb uses what all share and never another verb; the demo alone shows some of them. */
  @ArchTest
  static final ArchRule DIRECTIONS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("main")
          .definedBy("org.octothorpe.cli")
          .layer("demo")
          .definedBy("org.octothorpe.cli.demo")
          .layer("curate")
          .definedBy("org.octothorpe.cli.curate")
          .layer("train")
          .definedBy("org.octothorpe.cli.train")
          .layer("evaluate")
          .definedBy("org.octothorpe.cli.evaluate")
          .layer("duplicates")
          .definedBy("org.octothorpe.cli.duplicates")
          .layer("kernels")
          .definedBy("org.octothorpe.cli.kernels")
          .layer("doctor")
          .definedBy("org.octothorpe.cli.doctor")
          .layer("world")
          .definedBy("org.octothorpe.cli.world")
          .layer("model")
          .definedBy("org.octothorpe.cli.model")
          .layer("report")
          .definedBy("org.octothorpe.cli.report")
          .layer("common")
          .definedBy("org.octothorpe.cli.common")
          .whereLayer("main")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("demo")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("curate")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("duplicates")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("kernels")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("doctor")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("train")
          .mayOnlyBeAccessedByLayers("main", "demo")
          .whereLayer("evaluate")
          .mayOnlyBeAccessedByLayers("main", "demo")
          .whereLayer("world")
          .mayOnlyBeAccessedByLayers("demo")
          .whereLayer("world")
          .mayNotAccessAnyLayer()
          .whereLayer("common")
          .mayNotAccessAnyLayer()
          .whereLayer("report")
          .mayNotAccessAnyLayer()
          .whereLayer("model")
          .mayOnlyAccessLayers("common", "report");
}
