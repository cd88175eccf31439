package org.octothorpe.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.Device;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.world.World;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;

/** Weights that other programs wrote, and such that training has spoiled. */
class ForeignModelTest {
  private static final String MODEL = "resnext14_2x8d_w8";
  private static final int CLASSES = 10;

  @TempDir static Path folder;

  private static Map<String, HostTensor> weights = Map.of();

  @BeforeAll
  static void prepare() throws IOException {
    new World(3, 16, 20, 20, 20).write(folder, 1);
    try (Device device = Device.open("cpu");
        Network network = ResNeXt.of(MODEL, CLASSES).on(device).initialize(1)) {
      weights = network.state().asMap();
    }
  }

  private static Path file(Map<String, HostTensor> tensors, Map<String, String> metadata)
      throws IOException {
    Path file = folder.resolve("net.safetensors");
    Safetensors.write(file, tensors, metadata);
    return file;
  }

  private static CommandRun run(String verb, Path file, String... more) {
    List<String> arguments = new ArrayList<>(List.of(verb, "--checkpoint", file.toString()));
    switch (verb) {
      case "eval" ->
          arguments.addAll(List.of("--data", folder + "/test-*.tar", "--labels", "classes"));
      case "probe" ->
          arguments.addAll(
              List.of("--train", folder + "/probe-*.tar", "--test", folder + "/test-*.tar"));
      default ->
          arguments.addAll(
              List.of("--train", folder + "/test-*.tar", "--within", "--out", folder + "/dedup"));
    }
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private static CommandRun eval(Path file, String... more) {
    List<String> all = new ArrayList<>(List.of("--model", MODEL, "--image-size", "32"));
    all.addAll(List.of(more));
    return run("eval", file, all.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "architecture|resnext50_32x4d",
        "architecture|{\"architectures\":[\"ResNet\"]}",
        "architecture|null",
        "architecture|[]",
        "architecture|7",
        "architecture|{\"layers\":null,\"groups\":2,\"widthPerGroup\":8,\"stem\":\"FULL\","
            + "\"stemChannels\":8,\"planes\":[8],\"classes\":10}",
        "architecture|{\"layers\":[1],\"groups\":2147483647,\"widthPerGroup\":2147483647,\"stem\":"
            + "\"FULL\",\"stemChannels\":64,\"planes\":[64],\"classes\":10}",
        "architecture|{\"layers\":[null],\"groups\":2,\"widthPerGroup\":64,\"stem\":\"FULL\","
            + "\"stemChannels\":64,\"planes\":[64],\"classes\":10}",
        "image_size|large",
        "image_size|-224",
        "image_size|224.0",
        "image_size|99999999999",
        "image_size|[3, 224, 224]",
        "vocabulary|word",
        "vocabulary|{\"a\":1}",
        "vocabulary|[1,[2]]",
        "vocabulary|[\"a\",null]",
        "vocabulary|null"
      })
  void metadataOfAnotherProgramAreNotUsedButSaid(String key, String value) throws IOException {
    CommandRun run = eval(file(weights, Map.of(key, value, "format", "pt")));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.err()).contains("net.safetensors: its metadata '" + key + "' is not used: '");
    assertThat(run.out()).contains("20 images at 32 pixels, 10 outputs").contains("top-1");
    assertThat(run.all()).doesNotContain("Cannot invoke", "For input string", "java.");
  }

  @Test
  void anArchitectureThatIsNotKnownIsNamedWithTheOptionToGive() throws IOException {
    Path file = file(weights, Map.of("architecture", "resnet50.a1_in1k"));
    CommandRun run = run("eval", file);
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .contains(file + " does not say its architecture")
        .contains("its metadata 'architecture' is 'resnet50.a1_in1k'")
        .contains("give --model");
  }

  @Test
  void anArchitectureThatDoesNotFitTheWeightsIsRefusedBeforeMemoryIsTaken() throws IOException {
    String huge =
        new ObjectMapper().writeValueAsString(ResNeXt.of("resnext101_999x64d", 2_000_000_000));
    CommandRun run = run("eval", file(weights, Map.of("architecture", huge)));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("net.safetensors does not fit resnext101_999x64d");
  }

  @Test
  void whatWasUnderstoodIsSaid() throws IOException {
    Map<String, HostTensor> foreign = new LinkedHashMap<>();
    weights.forEach(
        (key, tensor) ->
            foreign.put(
                "module." + key,
                key.endsWith("tracked")
                    ? tensor
                    : HostTensor.of(tensor.toDoubles(), tensor.shape())));
    foreign.put("n_averaged", HostTensor.of(new long[] {3}));
    CommandRun run = eval(file(foreign, Map.of("vocabulary", "[\"a\",\"b\"]")));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.err())
        .contains("net.safetensors: 'module.' is taken off the ")
        .contains("net.safetensors: left aside: n_averaged")
        .containsPattern("net.safetensors: converted to F32: \\d+ of F64")
        .contains("its vocabulary has 2 tags, but the network 10 outputs: it is not used");
    assertThat(eval(file(weights, Map.of())).err()).isEmpty();
    assertThat(run("eval", file(weights, Map.of()), "--model", MODEL).err())
        .contains("it does not say its image size: 224 is taken");
  }

  @Test
  void oneOfSeveralNetworksIsChosenByName() throws IOException {
    Map<String, HostTensor> both = new LinkedHashMap<>();
    weights.forEach((key, tensor) -> both.put("student." + key, tensor));
    weights.forEach((key, tensor) -> both.put("teacher." + key, tensor));
    Path file = file(both, Map.of());
    CommandRun none = eval(file);
    assertThat(none.exit()).isEqualTo(1);
    assertThat(none.err()).contains("several prefixes, student., teacher.").contains("--weights");
    assertThat(eval(file, "--weights", "teacher").exit()).isZero();
    assertThat(eval(file, "--weights", "ema").err()).contains("it has no weights 'ema'");
    String[] dedup = {"dedup", "--train", "x", "--within", "--out", "o", "--weights", "a"};
    assertThat(CommandRun.of(dedup).err())
        .contains("--weights names a part of --checkpoint, which is missing");
  }

  @ParameterizedTest
  @CsvSource({"eval", "probe", "dedup"})
  void weightsThatDivergedAreRefused(String verb) throws IOException {
    Map<String, HostTensor> spoiled = new LinkedHashMap<>(weights);
    float[] bias = new float[CLASSES];
    bias[3] = Float.NaN;
    bias[4] = Float.NEGATIVE_INFINITY;
    spoiled.put("fc.bias", HostTensor.of(bias, CLASSES));
    Path file = file(spoiled, Map.of());
    CommandRun run = run(verb, file, "--model", MODEL, "--image-size", "32");
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.err())
        .contains(file + ": its values are unusable")
        .contains("fc.bias has 2 of 10 that are not finite (NaN or infinite)");
    assertThat(run.out()).doesNotContain("top-1");
  }

  @Test
  void outputsBeyondTheirTypeCountAsWrongAndAreSaid() throws IOException {
    Map<String, HostTensor> large = new LinkedHashMap<>(weights);
    HostTensor weight = Objects.requireNonNull(large.get("fc.weight"));
    float[] values = new float[weight.elements()];
    Arrays.fill(values, Float.MAX_VALUE);
    for (int i = 0; i < values.length; i += 2) {
      values[i] = -Float.MAX_VALUE;
    }
    large.put("fc.weight", HostTensor.of(values, weight.shape()));
    float[] shift = new float[Objects.requireNonNull(large.get("layer4.0.bn3.bias")).elements()];
    Arrays.fill(shift, 100); // so that the features are large too
    large.put("layer4.0.bn3.bias", HostTensor.of(shift, shift.length));
    CommandRun run = eval(file(large, Map.of()));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.err())
        .contains("WARNING: the outputs of 20 of 20 images are NaN or infinite: they count");
    assertThat(run.out()).containsPattern("top-1 +0\\.00 %").containsPattern("top-5 +0\\.00 %");
  }

  @Test
  void aFileOfAnotherKindIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("net.pth"), "<!DOCTYPE html>\n<html>404</html>");
    CommandRun run = eval(file);
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains(file + ": this is not a file of weights but a web page");
  }
}
