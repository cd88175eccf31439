package org.octothorpe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.cli.world.World;

/**
 * The same files and messages in every locale: of Bangladesh and Iran, whose digits are not 0 to 9;
 * of Turkey, whose lower case of I is not i and whose decimal point is a comma.
 */
class LocalesTest {
  private static final Locale BEFORE = Locale.getDefault();

  @TempDir static Path dir;
  private static Path expected = Path.of("");

  @BeforeAll
  static void makeWithoutALocale() throws IOException {
    Locale.setDefault(Locale.ROOT);
    expected = make("root");
    Locale.setDefault(BEFORE);
  }

  @AfterEach
  void restore() {
    Locale.setDefault(BEFORE);
  }

  private static String run(String command) {
    CommandRun run = CommandRun.of(command.split(" ", -1));
    assertThat(run.exit()).as(command + ": " + run.all()).isZero();
    return run.out();
  }

  /** Makes a world, a set and a run; returns the folder. */
  private static Path make(String name) throws IOException {
    Path at = dir.resolve(name);
    new World(3, 16, 30, 10, 10).write(at.resolve("world"), 2);
    run("curate --input " + at + "/world/train-*.tar --vocabulary top:5 --out " + at + "/set");
    String training =
        run(
            "train --vocabulary top:5 --model resnext14_2x8d_w8 --image-size 16 --batch 10"
                + " --images 30 --checkpoint-every 10 --schedule HALVING --dtype F32 --data "
                + at
                + "/set/*.tar --out "
                + at
                + "/run");
    assertThat(training).contains("Finished after 30 images");
    Files.delete(at.resolve("run/latest"));
    run("train --resume --out " + at + "/run");
    return at;
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.map(path -> folder.relativize(path).toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bn-BD", "fa-IR", "tr-TR"})
  void filesAreTheSame(String tag) throws IOException {
    Locale.setDefault(Locale.forLanguageTag(tag));
    Path made = make(tag);
    assertThat(files(made)).isEqualTo(files(expected));
    for (String file :
        List.of(
            "world/train-000000.tar",
            "set/curated-000000.tar",
            "set/report.json",
            "set/tags.csv",
            "run/vocabulary.txt",
            "run/checkpoints/images-000000000030/model.safetensors")) {
      assertThat(Files.mismatch(made.resolve(file), expected.resolve(file))).as(file).isEqualTo(-1);
    }
    for (String line : Files.readAllLines(made.resolve("run/log.csv"))) {
      assertThat(line)
          .matches("[ -~]+")
          .satisfies(row -> assertThat(row.split(",", -1)).hasSize(8));
    }
  }

  @Test
  void theCommandSpeaksWithoutALocale() throws Exception {
    String turkish = child("tr", "TR", "train", "--help");
    assertThat(turkish).isEqualTo(child("en", "US", "train", "--help")).contains("Usage: ");
    assertThat(child("bn", "BD", "train", "--images", "x")).matches("[ -~\\n]+");
  }

  private static String child(String language, String country, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(List.of("-Duser.language=" + language, "-Duser.country=" + country));
    command.addAll(List.of("-cp", System.getProperty("java.class.path", "")));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
