package org.octothorpe.cli.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.Device;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.world.World;
import org.octothorpe.data.Samples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.io.Safetensors;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;

/** The verb {@code dedup}, and the lower bounds that eval and probe print from what it writes. */
class DedupCommandTest {
  @TempDir static Path folder;

  /** A small world, a network, and a training set that holds the first 10 of 40 test images. */
  @BeforeAll
  static void prepare() throws IOException {
    new World(3, 48, 200, 60, 40).write(folder, 1);
    Path leak = Files.createDirectories(folder.resolve("leak"));
    StringBuilder tags = new StringBuilder();
    for (Sample sample : Samples.open(at("test-*.tar")).all().subList(0, 10)) {
      Files.write(leak.resolve(sample.name()), sample.load());
      tags.append("{\"file\": \"" + sample.name() + "\", \"tags\": [\"bird\"]}\n");
    }
    Files.writeString(leak.resolve("tags.jsonl"), tags);
    ObjectMapper json = new ObjectMapper();
    ResNeXt architecture = ResNeXt.of("resnext14_2x8d_w8", 10).withStem(Stem.SMALL);
    try (Device device = Device.open("cpu");
        Network network = architecture.on(device).initialize(1)) {
      Map<String, String> metadata =
          Map.of("architecture", json.writeValueAsString(architecture), "image_size", "16");
      Safetensors.write(folder.resolve("m.safetensors"), network.state().asMap(), metadata);
    }
  }

  private static String at(String name) {
    return folder.resolve(name).toString();
  }

  private static CommandRun dedup(String out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("dedup", "--train", at("train-*.tar"), at("leak"), "--out", at(out)));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void contaminatedTestImagesAreFoundAndCountedAsWrong() throws IOException {
    CommandRun run = dedup("against", "--against", at("test-*.tar"), "--planted", "30");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .contains("no --checkpoint: ")
        .containsPattern("(?m)^mirrored +30 +100\\.00 %")
        .containsPattern("(?m)^false pairs .* 0$")
        .contains("bytes 10, ")
        .contains("10 of 40 evaluation images (25.00 %) are in the training set");
    JsonNode file =
        new ObjectMapper().readTree(folder.resolve("against/contamination.json").toFile());
    assertThat(file.get("contaminated")).hasSize(10);
    assertThat(file.at("/contaminated/0/shard").textValue()).isEqualTo("test-000000.tar");
    List<String> pairs = Files.readAllLines(folder.resolve("against/pairs.csv"));
    assertThat(pairs).hasSizeGreaterThanOrEqualTo(11);
    assertThat(pairs.get(0)).startsWith("evaluation_shard,evaluation_image,training_shard,");
    assertThat(pairs.get(1))
        .isEqualTo("test-000000.tar,test00000000.jpg,,test00000000.jpg,bytes,1.0000,false,");
    assertThat(ImageIO.read(folder.resolve("against/pairs.png").toFile()).getWidth())
        .isGreaterThan(500);
    try (Stream<Path> left = Files.list(folder.resolve("against"))) {
      assertThat(left).hasSize(3);
    }
    boundsAreAtMost30Of40();
  }

  private static void boundsAreAtMost30Of40() {
    CommandRun probe =
        CommandRun.of(
            "probe",
            "--checkpoint",
            at("m.safetensors"),
            "--train",
            at("probe-*.tar"),
            "--test",
            at("test-*.tar"),
            "--contamination",
            at("against/contamination.json"));
    assertThat(probe.exit()).as(probe.all()).isZero();
    assertThat(probe.out()).contains("10 of 40 images (25.00 %) were seen in training");
    checkRow(probe, "trained");
    CommandRun eval =
        CommandRun.of(
            "eval",
            "--checkpoint",
            at("m.safetensors"),
            "--data",
            at("test-*.tar"),
            "--contamination",
            at("against/contamination.json"));
    assertThat(eval.exit()).as(eval.all()).isZero();
    assertThat(eval.out()).contains("10 of 40 images (25.00 %)").contains("lower bound");
    CommandRun other =
        CommandRun.of(
            "eval",
            "--checkpoint",
            at("m.safetensors"),
            "--data",
            at("probe-*.tar"),
            "--contamination",
            at("against/contamination.json"));
    assertThat(other.exit()).isEqualTo(1);
    assertThat(other.err()).contains("contamination.json is of another data set: of 40 images");
  }

  @Test
  void aTestSetThatTrainingHoldsWholeHasALowerBoundOfZero() {
    String all = at("all/contamination.json");
    CommandRun run =
        CommandRun.of(
            "dedup",
            "--train",
            at("test-*.tar"),
            "--against",
            at("test-*.tar"),
            "--threshold",
            "1",
            "--out",
            at("all"));
    assertThat(run.out()).as(run.all()).contains("40 of 40 evaluation images (100.00 %)");
    CommandRun probe =
        CommandRun.of(
            "probe",
            "--checkpoint",
            at("m.safetensors"),
            "--train",
            at("probe-*.tar"),
            "--test",
            at("test-*.tar"),
            "--contamination",
            all);
    assertThat(probe.out()).as(probe.all()).containsPattern("(?m)^trained .* 0\\.00 % +0\\.00 %$");
    CommandRun eval =
        CommandRun.of(
            "eval",
            "--checkpoint",
            at("m.safetensors"),
            "--data",
            at("test-*.tar"),
            "--contamination",
            all);
    assertThat(eval.out()).as(eval.all()).containsPattern("(?m)^top-5 +\\d+\\.\\d\\d % +0\\.00 %$");
  }

  // top-1, top-5, and their bounds: less, by at most the quarter that is contaminated.
  private static void checkRow(CommandRun run, String name) {
    double[] values =
        run.out()
            .lines()
            .filter(line -> line.startsWith(name + " "))
            .flatMap(line -> Stream.of(line.substring(name.length()).split("%")))
            .mapToDouble(Double::parseDouble)
            .toArray();
    assertThat(values).hasSize(4);
    assertThat(values[2]).isBetween(values[0] - 25, values[0]);
    assertThat(values[3]).isBetween(values[1] - 25, values[1]).isLessThanOrEqualTo(75);
  }

  @Test
  void duplicatesWithinTrainingAreListedToBeDropped() throws IOException {
    CommandRun run =
        CommandRun.of(
            "dedup",
            "--train",
            at("test-*.tar"),
            at("leak"),
            "--within",
            "--threshold",
            "0.9",
            "--checkpoint",
            at("m.safetensors"),
            "--out",
            at("within"));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("10 groups of duplicates; 10 of 50 images to drop");
    assertThat(Files.readAllLines(folder.resolve("within/drop.txt")))
        .hasSize(10)
        .allMatch(line -> line.matches("\\ttest0000000\\d\\.jpg"));
  }

  @Test
  void imagesThatCannotBeToldApartAreRefusedBeforeTheSearch() throws IOException {
    Path other = Files.createDirectories(folder.resolve("again")).resolve("test-000000.tar");
    Files.copy(folder.resolve("test-000000.tar"), other);
    CommandRun run = dedup("twins", "--against", at("test-*.tar"), other.toString());
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.err()).contains("differ in their folder alone").doesNotContain("reading");
    assertThat(run.out()).isEmpty();
    assertThat(folder.resolve("twins")).doesNotExist();
  }

  @Test
  void aGraphSaysHowMuchItFinds() {
    CommandRun run =
        dedup("graph", "--against", at("test-*.tar"), "--threshold", "0.9", "--exact-limit", "100");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .containsPattern("shape: a graph of neighbors is searched; it finds \\d+\\.\\d\\d %")
        .contains("10 of 40 evaluation images");
  }

  @Test
  void damagedImagesAreNamedAndCounted() throws IOException {
    Path damaged = Files.createDirectories(folder.resolve("damaged"));
    Files.write(damaged.resolve("a.jpg"), new byte[] {1, 2, 3});
    Files.copy(folder.resolve("leak/test00000000.jpg"), damaged.resolve("b.jpg"));
    Files.writeString(
        damaged.resolve("tags.jsonl"),
        "{\"file\": \"a.jpg\", \"tags\": []}\n{\"file\": \"b.jpg\", \"tags\": []}\n");
    CommandRun run = dedup("d", "--against", damaged.toString(), "--threshold", "0.9");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("1 of 2 evaluation images");
    assertThat(run.err()).contains("damaged/a.jpg: ").contains("WARNING: 1 bad item was left out");
  }

  @Test
  void impossibleValuesAreRefused() {
    assertThat(dedup("x").err()).contains("give one of --against SOURCE and --within");
    assertThat(dedup("x", "--within", "--against", at("leak")).exit()).isEqualTo(2);
    assertThat(dedup("x", "--within", "--threshold", "0.4").err())
        .contains("--threshold is 0.4, but must be auto or in [0.5,1]");
    assertThat(dedup("x", "--within", "--k", "0").err())
        .contains("--k is 0, but must be in [1,1000]");
    assertThat(dedup("x", "--within", "--precision", "0").exit()).isEqualTo(2);
    assertThat(dedup("x", "--within", "--loader-threads", "0").err())
        .contains("--loader-threads is 0, but must be in [1,256]");
    String network = at("m.safetensors");
    assertThat(dedup("x", "--within", "--checkpoint", network, "--model", "vgg16").err())
        .contains("model is 'vgg16', but must be DEPTH_GxCd");
    assertThat(dedup("x", "--within", "--model", "resnext14_2x8d_w8").err())
        .contains("--model says what --checkpoint holds, which is missing");
    assertThat(dedup("x", "--against", at("absent-*.tar")).err()).contains("no file matches");
    assertThat(dedup("m.safetensors", "--within").err()).contains("which is a file");
    assertThat(Files.exists(folder.resolve("x"))).isFalse();
  }
}
