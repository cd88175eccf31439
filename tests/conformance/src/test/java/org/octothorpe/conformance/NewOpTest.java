package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./octothorpe new-op} writes, in a copy of the files that it reads. */
class NewOpTest {
  private static final String GRAPH = "java/core/src/main/java/org/octothorpe/graph/";
  private static final String LIST = "native/include/octothorpe/operations.h";

  @TempDir private Path copy;

  @BeforeEach
  void copyWhatItReads() throws IOException {
    List<String> files =
        new ArrayList<>(
            List.of("octothorpe", LIST, GRAPH + "Graph.java", "CHANGELOG.md", ".clang-format"));
    try (Stream<Path> scripts = Files.list(ShapeFile.root().resolve("launcher"))) {
      scripts.forEach(script -> files.add("launcher/" + script.getFileName()));
    }
    files.add("native/include/octothorpe/relu.h");
    for (String file : files) {
      Path to = copy.resolve(file);
      Files.createDirectories(to.getParent());
      Files.copy(ShapeFile.root().resolve(file), to);
    }
    Files.createDirectories(copy.resolve("cuda/src"));
  }

  @Test
  void writesAllSiblingsAndTheLinesOfTheLists() throws Exception {
    assertThat(run("tri_norm", "--passes", "forward,backward").exit()).isZero();
    for (SiblingsTest.Sibling sibling : SiblingsTest.siblings("tri_norm", true)) {
      assertThat(sibling.existsIn(copy)).as(sibling.file()).isTrue();
    }
    assertThat(copy.resolve(GRAPH + "TriNormNode.java")).isRegularFile();
    assertThat(Files.readString(copy.resolve(GRAPH + "Graph.java")))
        .contains("public Value triNorm(String name, Value x) {");
    assertThat(Files.readString(copy.resolve("CHANGELOG.md"))).contains("`tri_norm`");
    assertThat(Files.readAllLines(copy.resolve(LIST)))
        .anyMatch(line -> line.startsWith("#include \"tri_norm.h\" "))
        .contains(
            "OCT_OPERATION(tri_norm_backward, ALL, \"dy dx\")",
            "OCT_OPERATION(tri_norm_forward, ALL, \"x y\")");
    assertThat(run("tri_norm").exit()).isEqualTo(1);
  }

  @Test
  void anOperationWithoutABackwardPassHasNoNode() throws Exception {
    assertThat(run("tri_norm").exit()).isZero();
    assertThat(copy.resolve(GRAPH + "TriNormNode.java")).doesNotExist();
    assertThat(Files.readAllLines(copy.resolve(LIST)))
        .contains("OCT_OPERATION(tri_norm, ALL, \"x y\")");
  }

  @Test
  void refusesNamesThatExistOrAreNotSnakeCase() throws Exception {
    String before = Files.readString(copy.resolve(LIST));
    assertThat(run("relu").text()).contains("'relu' exists: native/include/octothorpe/relu.h");
    assertThat(run("sgd_step").text()).contains("'sgd_step' exists in");
    assertThat(run("TriNorm").text()).contains("'TriNorm' is not snake_case");
    assertThat(run("switch").text()).contains("'switch' is a word of C++ or Java");
    assertThat(run("tri_norm", "--passes", "forward,Backward").text())
        .contains("'Backward' is not");
    assertThat(run("tri_norm", "--room", "nowhere").text()).contains("no folder 'nowhere'");
    assertThat(Files.readString(copy.resolve(LIST))).isEqualTo(before);
  }

  private record Result(int exit, String text) {}

  private Result run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash", "octothorpe", "new-op"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(copy.toFile()).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), text);
  }
}
