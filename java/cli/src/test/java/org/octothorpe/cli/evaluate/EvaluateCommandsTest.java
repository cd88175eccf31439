package org.octothorpe.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.Device;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.world.World;
import org.octothorpe.data.Samples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.tar.TarWriter;
import org.octothorpe.io.Safetensors;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;

class EvaluateCommandsTest {
  private static final List<String> TAGS =
      List.of("fish", "car", "bird", "tree", "house", "instagood");

  @TempDir static Path folder;

  /** A small world and an untrained network of six outputs. */
  @BeforeAll
  static void prepare() throws IOException {
    new World(3, 16, 60, 60, 40).write(folder, 1);
    ObjectMapper json = new ObjectMapper();
    ResNeXt architecture = ResNeXt.of("resnext14_2x8d_w8", TAGS.size()).withStem(Stem.SMALL);
    try (Device device = Device.open("cpu");
        Network network = architecture.on(device).initialize(1)) {
      Map<String, String> metadata =
          Map.of(
              "architecture", json.writeValueAsString(architecture),
              "vocabulary", json.writeValueAsString(TAGS),
              "image_size", "16");
      Safetensors.write(folder.resolve("m.safetensors"), network.state().asMap(), metadata);
      Safetensors.write(folder.resolve("mute.safetensors"), network.state().asMap(), Map.of());
      try (Network full = architecture.withStem(Stem.FULL).on(device).initialize(1)) {
        Safetensors.write(folder.resolve("full.safetensors"), full.state().asMap(), Map.of());
      }
    }
  }

  private static String at(String name) {
    return folder.resolve(name).toString();
  }

  private static CommandRun probe(String... more) {
    return probeOn(at("test-*.tar"), more);
  }

  private static CommandRun probeOn(String test, String... more) {
    List<String> arguments = new ArrayList<>(List.of("probe", "--checkpoint", at("m.safetensors")));
    arguments.addAll(List.of("--train", at("probe-*.tar"), "--test", test));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private static CommandRun eval(String data, String... more) {
    List<String> arguments = new ArrayList<>(List.of("eval", "--checkpoint", at("m.safetensors")));
    arguments.addAll(List.of("--data", data));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void probePrintsAccuracies() {
    CommandRun run = probe("--untrained");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .contains("256 features at 16 pixels; 60 images to fit, 40 to test, 10 classes")
        .containsPattern("(?m)^trained +\\d+\\.\\d\\d % +\\d+\\.\\d\\d %$")
        .containsPattern("(?m)^chance +10\\.00 % +50\\.00 %$");
    // The checkpoint is the network untrained with seed 1: both rows are the same.
    List<String> lines = run.out().lines().toList();
    String trained = row(lines, "trained");
    assertThat(row(lines, "untrained")).isEqualTo(trained);
    assertThat(row(probe("--batch", "7").out().lines().toList(), "trained")).isEqualTo(trained);
  }

  private static String row(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length()).strip())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void probeFitsByGradientDescentToo() {
    CommandRun run = probe("--solver", "sgd", "--iterations", "3");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("trained");
  }

  @Test
  void probeRefusesImpossibleValues() {
    CommandRun run = probe("--l2", "-1");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("--l2 is -1.0, but must be finite and >= 0");
    assertThat(probe("--batch", "0").err()).contains("--batch is 0, but must be in [1,65536]");
    assertThat(probe("--solver", "newton").err())
        .contains("--solver is 'newton', but must be one of: lbfgs, sgd");
    assertThat(probe("--iterations", "0").exit()).isEqualTo(2);
    assertThat(probe("--lr", "0.1").err())
        .contains("--lr is 0.1, but only --solver sgd has a learning rate");
    assertThat(probe("--image-size", "0").err())
        .contains("--image-size is 0, but must be in [1,4096]");
  }

  @Test
  void probeRefusesAClassThatNoImageToFitHas() throws IOException {
    Path odd = folder.resolve("odd.tar");
    Sample sample = Samples.open(at("test-*.tar")).get(0);
    byte[] picture = sample.load();
    TarWriter.write(
        odd,
        shard -> {
          shard.add("a.jpg", picture);
          shard.add("a.cls", "1000000".getBytes(StandardCharsets.UTF_8));
        });
    CommandRun run = probeOn(odd.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .contains(
            "a.jpg: its class is 1000000, but must be in [0, 10); the classes of --train are 0 to 9");
  }

  @Test
  void evalMeasuresTagsAndDrawsASheet() throws IOException {
    CommandRun run = eval(at("train-*.tar"), "--sheet", at("sheet.png"));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .containsPattern("precision at 1 +\\d+\\.\\d\\d %")
        .containsPattern("precision at 5 +\\d+\\.\\d\\d %")
        .containsPattern("mean average precision +\\d+\\.\\d\\d %");
    BufferedImage sheet = ImageIO.read(folder.resolve("sheet.png").toFile());
    assertThat(sheet.getWidth()).isGreaterThan(500);
  }

  @Test
  void evalRefusesClassesThatTheNetworkHasNot() {
    CommandRun run = eval(at("test-*.tar"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .contains(
            "the checkpoint has a vocabulary of 6 tags, these images have classes: use probe");
    String[] mute = {
      "eval",
      "--checkpoint",
      at("full.safetensors"),
      "--model",
      "resnext14_2x8d_w8",
      "--data",
      at("test-*.tar"),
      "--labels",
      "auto"
    };
    CommandRun bare = CommandRun.of(mute);
    assertThat(bare.exit()).isEqualTo(1);
    assertThat(bare.err())
        .contains(
            "the network has 6 outputs, but the classes of these images are 0 to 9: use probe");
    mute[mute.length - 1] = "classes";
    assertThat(CommandRun.of(mute).err()).contains("must be in [0, 6)").contains("test-000000.tar");
  }

  @Test
  void aCheckpointOfAnotherModelIsNamedReadably() {
    CommandRun run =
        CommandRun.of(
            "probe",
            "--checkpoint",
            at("mute.safetensors"),
            "--model",
            "resnext14_2x8d_w8",
            "--train",
            at("probe-*.tar"),
            "--test",
            at("test-*.tar"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .contains("does not fit resnext14_2x8d_w8 with the full stem and 6 outputs: ")
        .contains("conv1.weight is [8,3,3,3], must be [8,3,7,7]")
        .doesNotContain("ResNeXt[");
  }

  @Test
  void aCheckpointThatSaysItsArchitectureTakesItsOwnNameAlone() {
    assertThat(probe("--model", "resnext14_2x8d_w8").exit()).isZero();
    CommandRun run = probe("--model", "resnext26_2x8d_w8");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("m.safetensors is not a resnext26_2x8d_w8, but says its");
  }

  @Test
  void aSheetThatCannotBeWrittenIsRefusedBeforeTheEvaluation() {
    for (String sheet : List.of(at("nowhere/sheet.png"), folder.toString())) {
      CommandRun run = eval(at("train-*.tar"), "--sheet", sheet);
      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err()).contains("--sheet is " + sheet + ", but must be a PNG file in a");
    }
  }

  @Test
  void aFileThatDoesNotSayItsArchitectureNeedsAModel() {
    CommandRun run =
        CommandRun.of("eval", "--checkpoint", at("mute.safetensors"), "--data", at("test-*.tar"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("does not say its architecture: give --model");
    CommandRun other =
        CommandRun.of(
            "eval",
            "--checkpoint",
            at("mute.safetensors"),
            "--model",
            "resnext14_4x8d_w8",
            "--data",
            at("test-*.tar"),
            "--labels",
            "classes");
    assertThat(other.exit()).isEqualTo(1);
    assertThat(other.err()).isNotBlank().doesNotContain("\tat ");
  }

  @Test
  void aMissingCheckpointIsNamed() {
    CommandRun run =
        CommandRun.of("eval", "--checkpoint", at("absent"), "--data", at("test-*.tar"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("absent");
    assertThat(Files.exists(folder.resolve("absent"))).isFalse();
  }
}
