package org.octothorpe.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;

class ReplayCommandTest {
  private static final String CONV =
      """
      {"case": "conv", "kind": "grouped_conv2d", "groups": 2, "stride": [1, 1], "padding": [0, 0],
       "dilation": [1, 1], "exact_integers": true}
      """;

  @TempDir Path folder;
  private final Map<String, HostTensor> tensors = new LinkedHashMap<>();

  /** A 1x1 convolution in two groups of one channel: y = 2 x and 3 x; every result is exact. */
  @BeforeEach
  void writeCase() throws IOException {
    tensors.put("x", image(1, 2, 3, 4));
    tensors.put("w", HostTensor.of(new float[] {2, 3}, 2, 1, 1, 1));
    tensors.put("grad_y", image(1, -1, 2, 0));
    tensors.put("y", image(2, 4, 9, 12));
    tensors.put("grad_x", image(2, -2, 6, 0));
    // 1*1 + 2*(-1) and 3*2 + 4*0.
    tensors.put("grad_w", HostTensor.of(new float[] {-1, 6}, 2, 1, 1, 1));
    write("conv", CONV);
  }

  /** One image of two channels (of [1,2] pixels each). */
  private static HostTensor image(float... values) {
    return HostTensor.of(values, 1, 2, 1, 2);
  }

  private void write(String name, String json) throws IOException {
    Files.writeString(folder.resolve(name + ".json"), json);
    Safetensors.write(folder.resolve(name + ".safetensors"), tensors, Map.of());
  }

  @Test
  void passesWhatIsRight() {
    CommandRun run = CommandRun.of("replay", folder.toString());
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .containsPattern("conv +y +0\\.00 +0\\.00 +0\\.00 +pass")
        .contains("1 case, 3 tensors compared, all pass in f32 on cpu");
    assertThat(CommandRun.of("replay", folder.toString(), "--dtype", "bf16").exit()).isZero();
    assertThat(CommandRun.of("replay", folder.resolve("conv.json").toString()).exit()).isZero();
  }

  @Test
  void failsOnOneWrongValue() throws IOException {
    tensors.put("grad_x", image(2, -2, 6, 1e-3f));
    write("conv", CONV);
    CommandRun run = CommandRun.of("replay", folder.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out())
        .containsPattern("conv +grad_x .* FAIL")
        .containsPattern("conv +y .* pass")
        .contains("1 FAILED in f32 on cpu");
  }

  @Test
  void failsOnAnUnknownKind() throws IOException {
    write("odd", "{\"kind\": \"layer_norm\"}");
    CommandRun run = CommandRun.of("replay", folder.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out())
        .contains("odd")
        .contains("FAIL: kind is 'layer_norm', but must be one of [batch_norm2d, grouped_conv2d,")
        .contains("2 cases, 3 tensors compared, 1 FAILED");
  }

  @Test
  void failsOnAMissingTensorOrFile() throws IOException {
    tensors.remove("grad_y");
    write("conv", CONV);
    assertThat(CommandRun.of("replay", folder.toString()).out())
        .contains("FAIL: there is no tensor 'grad_y'");
    Files.delete(folder.resolve("conv.safetensors"));
    CommandRun run = CommandRun.of("replay", folder.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).contains("conv.safetensors is missing beside conv.json");
  }

  @Test
  void failsOnACorruptFile() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(1L << 40);
    Files.write(folder.resolve("conv.safetensors"), header.array());
    CommandRun run = CommandRun.of("replay", folder.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).contains("conv.safetensors").contains("FAIL");
  }

  @Test
  void leavesOtherJsonFilesAlone() throws IOException {
    Files.writeString(folder.resolve("keys.json"), "{\"model\": \"x\", \"entries\": 626}");
    assertThat(CommandRun.of("replay", folder.toString()).out()).contains("1 case");
  }

  @Test
  void refusesAnEmptyFolderAndAnUnknownType() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    CommandRun run = CommandRun.of("replay", empty.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("has no case");
    CommandRun type = CommandRun.of("replay", folder.toString(), "--dtype", "f16");
    assertThat(type.exit()).isEqualTo(2);
    assertThat(type.err()).contains("--dtype is 'f16', but must be one of: f32, bf16");
    CommandRun device = CommandRun.of("replay", folder.toString(), "--device", "tpu");
    assertThat(device.exit()).isEqualTo(2);
    assertThat(device.err()).contains("device is 'tpu', but must be one of");
  }

  @Test
  void runsSoftmaxAndSgdAndPool() throws IOException {
    tensors.clear();
    // Two equal logits, one label: loss ln 2, gradient (-1/2, 1/2).
    tensors.put("logits", HostTensor.of(new float[] {1, 1}, 1, 2));
    tensors.put("labels", HostTensor.of(new long[] {0, -1}, 1, 2));
    tensors.put("label_weights", HostTensor.of(new double[] {1, 0}, 1, 2));
    tensors.put("loss_rows", HostTensor.of(new double[] {Math.log(2)}, 1));
    tensors.put("loss", HostTensor.of(new double[] {Math.log(2)}, 1));
    tensors.put("grad_logits", HostTensor.of(new double[] {-0.5, 0.5}, 1, 2));
    write("ce", "{\"kind\": \"softmax_ce_multilabel\"}");
    tensors.clear();
    // d = 0.5 + 0.1 * 1; first step: buffer d, step d + 0.9 d = 1.9 d; p = 1 - 0.1 * 1.14.
    tensors.put("p0_init", HostTensor.of(new float[] {1}, 1));
    tensors.put("p0_grad_step1", HostTensor.of(new float[] {0.5f}, 1));
    tensors.put("p0_after_step1", HostTensor.of(new double[] {0.886}, 1));
    tensors.put("p0_momentum_after_step1", HostTensor.of(new double[] {0.6}, 1));
    write(
        "sgd",
        """
        {"kind": "sgd", "lr_per_step": [0.1], "momentum": 0.9, "dampening": 0, "weight_decay": 0.1,
         "nesterov": true}
        """);
    tensors.clear();
    // All equal: the first place of the window gets the gradient.
    tensors.put("x", HostTensor.of(new float[] {5, 5, 5, 5}, 1, 1, 2, 2));
    tensors.put("grad_y", HostTensor.of(new float[] {3}, 1, 1, 1, 1));
    tensors.put("y", HostTensor.of(new float[] {5}, 1, 1, 1, 1));
    tensors.put("grad_x", HostTensor.of(new float[] {3, 0, 0, 0}, 1, 1, 2, 2));
    write("pool", "{\"kind\": \"max_pool2d\", \"kernel\": 2, \"stride\": 2, \"padding\": 0}");
    CommandRun run = CommandRun.of("replay", folder.toString());
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("4 cases, 10 tensors compared, all pass");
  }

  @Test
  void refusesOtherLabelWeights() throws IOException {
    tensors.clear();
    tensors.put("logits", HostTensor.of(new float[] {1, 1}, 1, 2));
    tensors.put("labels", HostTensor.of(new long[] {0, 1}, 1, 2));
    tensors.put("label_weights", HostTensor.of(new double[] {0.75, 0.25}, 1, 2));
    write("ce", "{\"kind\": \"softmax_ce_multilabel\"}");
    assertThat(CommandRun.of("replay", folder.resolve("ce.json").toString()).out())
        .contains("FAIL: row 0 has the label weight 0.75, but the library's is 1/k, 0.5");
  }
}
