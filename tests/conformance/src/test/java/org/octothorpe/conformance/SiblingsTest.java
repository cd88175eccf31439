package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One operation, one stem: every operation of the device table has all its files. */
class SiblingsTest {
  /** The operations: what the device table includes, but for the context. */
  static List<String> operations() throws IOException {
    String table =
        Files.readString(ShapeFile.root().resolve("native/include/octothorpe/device_table.h"));
    return Pattern.compile("#include \"(\\w+)\\.h\"")
        .matcher(table)
        .results()
        .map(match -> match.group(1))
        .filter(name -> !name.equals("context"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void everyOperationHasAllItsFiles(String stem) {
    String name = camel(stem);
    assertThat(
            Stream.of(
                "native/include/octothorpe/" + stem + ".h",
                "native/src/" + stem + ".cpp",
                "native/src/cpu/" + stem + ".cpp",
                "cuda/src/" + stem + ".cu",
                "java/core/src/main/java/org/octothorpe/ops/" + name + ".java",
                "tests/shapes/" + stem + ".txt",
                "tests/native/" + stem + "_test.cpp",
                "tests/cuda/" + stem + "_test.cpp",
                "tests/conformance/src/test/java/org/octothorpe/conformance/" + name + "Test.java",
                "bench/src/main/java/org/octothorpe/bench/" + name + "Bench.java"))
        .allSatisfy(file -> assertThat(ShapeFile.root().resolve(file)).isRegularFile());
  }

  @Test
  void everyShapeFileHasItsBenchmark() throws IOException {
    try (Stream<Path> files = Files.list(ShapeFile.root().resolve("tests/shapes"))) {
      assertThat(files.map(file -> camel(file.getFileName().toString().replace(".txt", ""))))
          .allSatisfy(
              name ->
                  assertThat(
                          ShapeFile.root()
                              .resolve("bench/src/main/java/org/octothorpe/bench")
                              .resolve(name + "Bench.java"))
                      .isRegularFile());
    }
  }

  @Test
  void thereAreOperations() throws IOException {
    assertThat(operations()).contains("grouped_conv", "softmax_cross_entropy", "sgd");
  }

  private static String camel(String stem) {
    return Arrays.stream(stem.split("_", -1))
        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
        .collect(Collectors.joining());
  }
}
