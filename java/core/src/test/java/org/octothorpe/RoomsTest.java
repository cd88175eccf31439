package org.octothorpe;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The packages of this module and the directions between them; docs/ARCHITECTURE.md shows them. */
@AnalyzeClasses(packages = "org.octothorpe", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {
  /** No two packages know each other, directly or through others. */
  @ArchTest
  static final ArchRule NO_CIRCLES =
      slices().matching("org.(octothorpe..)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule DIRECTIONS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("bindings")
          .definedBy("org.octothorpe.bindings..", "org.octothorpe.presets")
          .layer("internal")
          .definedBy("org.octothorpe.internal")
          .layer("root")
          .definedBy("org.octothorpe")
          .layer("random")
          .definedBy("org.octothorpe.random")
          .layer("io")
          .definedBy("org.octothorpe.io")
          .layer("ops")
          .definedBy("org.octothorpe.ops")
          .layer("onednn")
          .definedBy("org.octothorpe.onednn")
          .layer("graph")
          .definedBy("org.octothorpe.graph")
          .layer("eval")
          .definedBy("org.octothorpe.eval")
          .layer("models")
          .definedBy("org.octothorpe.models")
          .layer("train")
          .definedBy("org.octothorpe.train")
          .whereLayer("bindings")
          .mayNotAccessAnyLayer()
          .whereLayer("random")
          .mayNotAccessAnyLayer()
          .whereLayer("internal")
          .mayOnlyAccessLayers("bindings")
          .whereLayer("root")
          .mayOnlyAccessLayers("bindings", "internal")
          .whereLayer("io")
          .mayOnlyAccessLayers("root", "internal")
          .whereLayer("ops")
          .mayOnlyAccessLayers("root", "internal", "bindings")
          .whereLayer("onednn")
          .mayOnlyAccessLayers("root", "internal", "bindings", "ops")
          .whereLayer("graph")
          .mayOnlyAccessLayers("root", "ops")
          .whereLayer("eval")
          .mayOnlyAccessLayers("root", "ops", "random")
          .whereLayer("models")
          .mayOnlyAccessLayers("root", "graph", "io", "random")
          .whereLayer("train")
          .mayOnlyAccessLayers("root", "ops", "graph", "models")
          // Providers of kernels are found by ServiceLoader: nothing names one.
          .whereLayer("onednn")
          .mayNotBeAccessedByAnyLayer();
}
