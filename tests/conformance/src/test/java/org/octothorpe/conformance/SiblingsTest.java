package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * One operation, one stem: every operation of {@code operations.h} has all its files, and no blank
 * of {@code ./octothorpe new-op} is left in them. A failure lists everything that is missing, for
 * all operations.
 */
class SiblingsTest {
  private static final Path ROOT = ShapeFile.root();
  private static final String LIST = "native/include/octothorpe/operations.h";
  private static final Pattern HEADER = Pattern.compile("(?m)^#include \"(\\w+)\\.h\" +// (.+)$");
  private static final Pattern FUNCTION = Pattern.compile("(?m)^OCT_OPERATION\\((\\w+), (\\w+),");
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)[^)]*\\)");

  /** A file that an operation needs; {@code *} stands for one folder. */
  record Sibling(String file, String purpose) {
    boolean existsIn(Path root) throws IOException {
      int star = file.indexOf('*');
      if (star < 0) {
        return Files.isRegularFile(root.resolve(file));
      }
      try (Stream<Path> rooms = Files.list(root.resolve(file.substring(0, star)))) {
        return rooms.anyMatch(room -> Files.isRegularFile(room.resolve(file.substring(star + 2))));
      }
    }
  }

  static List<Sibling> siblings(String stem, boolean onCpu) {
    String name = camel(stem);
    List<Sibling> all = new ArrayList<>();
    all.add(
        new Sibling(
            "native/include/octothorpe/" + stem + ".h",
            "the contract: argument structs, formula, shapes, types, what may alias what"));
    all.add(
        new Sibling(
            "native/src/" + stem + ".cpp", "the checks: oct::check for each argument struct"));
    if (onCpu) {
      all.add(new Sibling("native/src/cpu/" + stem + ".cpp", "the CPU kernel"));
    }
    all.add(new Sibling("cuda/src/*/" + stem + ".cu", "the CUDA kernels and their launches"));
    all.add(
        new Sibling(
            "java/core/src/main/java/org/octothorpe/ops/" + name + ".java",
            "the Java class that prepares its calls"));
    all.add(
        new Sibling(
            "tests/contract/" + stem + "_test.cpp",
            "the tests of the contract, for every device, against an oracle in double precision"));
    all.add(
        new Sibling(
            "tests/shapes/" + stem + ".txt",
            "the shapes of tests ('test' lines) and benchmarks ('layer' lines)"));
    all.add(
        new Sibling(
            "bench/src/main/java/org/octothorpe/bench/" + name + "Bench.java",
            "the benchmark of its passes"));
    all.add(
        new Sibling(
            "docs/operations/" + stem + ".md",
            "its page: formula, arguments, numerics, kernels, bound, files"));
    return all;
  }

  @Test
  void everyOperationHasAllItsFiles() throws IOException {
    List<String> missing = new ArrayList<>();
    for (String stem : stems()) {
      List<MatchResult> functions = functionsOf(stem);
      if (functions.isEmpty()) {
        missing.add(
            stem + ": " + LIST + ": a line OCT_OPERATION for each of its functions, or no header");
      }
      boolean onCpu = functions.stream().anyMatch(function -> function.group(2).equals("ALL"));
      for (Sibling sibling : siblings(stem, onCpu)) {
        if (!sibling.existsIn(ROOT)) {
          missing.add(stem + ": " + sibling.file() + ": " + sibling.purpose());
        }
      }
    }
    report("files that operations of " + LIST + " lack", missing);
  }

  @Test
  void everyFunctionBelongsToAHeader() throws IOException {
    List<String> missing = new ArrayList<>();
    for (MatchResult function : matches(FUNCTION, read(LIST))) {
      if (stemOf(function.group(1)).isEmpty()) {
        missing.add(function.group(1) + ": an #include of its header, in the list of " + LIST);
      }
    }
    for (Path header : filesOf("native/include/octothorpe")) {
      String stem = header.getFileName().toString().replace(".h", "");
      if (Files.readString(header).contains("_prepare(oct_context*") && !stems().contains(stem)) {
        missing.add(stem + ": an #include of its header, in the list of " + LIST);
      }
    }
    report("lines that " + LIST + " lacks", missing);
  }

  @Test
  void everyLayerOfTheShapesIsMeasured() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path file : filesOf("tests/shapes")) {
      String name = camel(file.getFileName().toString().replace(".txt", ""));
      Sibling bench =
          new Sibling("bench/src/main/java/org/octothorpe/bench/" + name + "Bench.java", "");
      if (!bench.existsIn(ROOT)) {
        missing.add(ROOT.relativize(file) + ": " + bench.file());
      }
    }
    report("benchmarks that files of shapes lack", missing);
  }

  @Test
  void noBlankIsLeft() throws IOException {
    List<String> blanks = new ArrayList<>();
    List<Path> files = new ArrayList<>(List.of(ROOT.resolve("CHANGELOG.md")));
    for (String folder :
        List.of(
            "native",
            "cuda",
            "java/core/src/main",
            "tests/contract",
            "tests/shapes",
            "bench",
            "docs")) {
      try (Stream<Path> below = Files.walk(ROOT.resolve(folder))) {
        below
            .filter(file -> Files.isRegularFile(file) && !file.toString().contains("/target/"))
            .forEach(files::add);
      }
    }
    for (Path file : files) {
      // Bytes, since among the files are some that are not text.
      String[] lines =
          new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n", -1);
      for (int i = 0; i < lines.length; i++) {
        if (lines[i].contains("FILL IN")) {
          blanks.add(ROOT.relativize(file) + ":" + (i + 1) + ": " + lines[i].strip());
        }
      }
    }
    report("blanks of ./octothorpe new-op that are not filled in", blanks);
  }

  @Test
  void linksOfPagesLeadToFiles() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path page : filesOf("docs/operations")) {
      for (MatchResult link : matches(LINK, Files.readString(page))) {
        if (!Files.exists(page.resolveSibling(link.group(1)))) {
          missing.add(ROOT.relativize(page) + ": " + link.group(1));
        }
      }
    }
    report("files that pages link to and that are not there", missing);
  }

  @Test
  void thereAreOperations() throws IOException {
    assertThat(stems()).contains("grouped_conv", "softmax_cross_entropy", "sgd");
    assertThat(functionsOf("linear")).extracting(f -> f.group(1)).contains("linear_forward");
    assertThat(functionsOf("linear_softmax"))
        .extracting(f -> f.group(1))
        .containsExactly("linear_softmax_cross_entropy");
  }

  private static void report(String what, List<String> lines) {
    if (!lines.isEmpty()) {
      fail(what + ":\n  " + String.join("\n  ", lines));
    }
  }

  private static List<String> stems() throws IOException {
    return matches(HEADER, read(LIST)).stream().map(header -> header.group(1)).toList();
  }

  private static List<MatchResult> functionsOf(String stem) throws IOException {
    List<MatchResult> found = new ArrayList<>();
    for (MatchResult function : matches(FUNCTION, read(LIST))) {
      if (stemOf(function.group(1)).equals(Optional.of(stem))) {
        found.add(function);
      }
    }
    return found;
  }

  /** The longest stem that the function begins with. */
  private static Optional<String> stemOf(String function) throws IOException {
    return stems().stream()
        .filter(stem -> (function + "_").startsWith(stem + "_"))
        .max(Comparator.comparingInt(String::length));
  }

  private static String read(String file) throws IOException {
    return Files.readString(ROOT.resolve(file));
  }

  private static List<MatchResult> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results().toList();
  }

  private static List<Path> filesOf(String folder) throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static String camel(String stem) {
    return Arrays.stream(stem.split("_", -1))
        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
        .collect(Collectors.joining());
  }
}
