package org.octothorpe.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;
import org.octothorpe.oracle.NaiveBatchNorm;
import org.octothorpe.oracle.Rounding;

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

  /** As torch leaves it: without momentum an optimizer has no buffers. */
  @Test
  void sgdWithoutMomentumNeedsNoMomentumTensors() throws IOException {
    Files.delete(folder.resolve("conv.json"));
    tensors.clear();
    // 1 - 0.5 * 2 = 0 exactly, then 0 - 0.5 * (-0.25).
    tensors.put("p0_init", HostTensor.of(new float[] {1}, 1));
    tensors.put("p0_grad_step1", HostTensor.of(new float[] {2}, 1));
    tensors.put("p0_after_step1", HostTensor.of(new double[] {0}, 1));
    tensors.put("p0_grad_step2", HostTensor.of(new float[] {-0.25f}, 1));
    tensors.put("p0_after_step2", HostTensor.of(new double[] {0.125}, 1));
    String json =
        """
        {"kind": "sgd", "lr_per_step": [0.5, 0.5], "momentum": 0, "dampening": 0,
         "weight_decay": 0, "nesterov": false}
        """;
    write("sgd", json);
    CommandRun run = CommandRun.of("replay", folder.toString());
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("1 case, 2 tensors compared, all pass");
    // They are compared where a case has them, and demanded where there is momentum.
    tensors.put("p0_momentum_after_step1", HostTensor.of(new double[] {3}, 1));
    write("sgd", json);
    assertThat(CommandRun.of("replay", folder.toString()).out())
        .containsPattern("p0_momentum_after_step1 .* FAIL")
        .contains("3 tensors compared, 1 FAILED");
    write("sgd", json.replace("\"momentum\": 0", "\"momentum\": 0.5"));
    assertThat(CommandRun.of("replay", folder.toString()).out())
        .contains("FAIL: there is no tensor 'p0_momentum_after_step2'");
  }

  /**
   * With N H W = 2 the normalized values are 1 and -1 but for epsilon, whatever x is, and nothing
   * of dy is left for x.
   */
  @ParameterizedTest
  @ValueSource(strings = {"f32", "bf16"})
  void theGradientOfABatchNormOfTwoValuesIsNearlyZero(String dtype) throws IOException {
    Files.delete(folder.resolve("conv.json"));
    int channels = 8;
    SplittableRandom random = new SplittableRandom(5);
    double[] x = new double[2 * channels];
    double[] dy = new double[2 * channels];
    for (int i = 0; i < x.length; i++) {
      // Multiples of 1/64 below 2, which BF16 holds.
      x[i] = (random.nextInt(256) - 128) / 64.0;
      dy[i] = (random.nextInt(256) - 128) / 64.0;
    }
    double[] weight = new double[channels];
    double[] bias = new double[channels];
    for (int c = 0; c < channels; c++) {
      // Images lie one behind the other, each [channels,1,1].
      x[channels + c] = x[c] + (c % 2 == 0 ? 0.5 : -1.25);
      weight[c] = 1 + 0.125 * c;
      bias[c] = 0.25 * c - 1;
    }
    double[] mean = new double[channels];
    double[] variance = new double[channels];
    NaiveBatchNorm naive = new NaiveBatchNorm(Rounding.none(), 1e-5, x, channels).measured();
    naive.update(mean, variance, 0.1);
    NaiveBatchNorm.Gradients gradients = naive.backward(weight, null, dy, false);
    long[] shape = {2, channels, 1, 1};
    tensors.clear();
    tensors.put("x", HostTensor.of(x, shape));
    tensors.put("grad_y", HostTensor.of(dy, shape));
    tensors.put("weight", HostTensor.of(weight, channels));
    tensors.put("bias", HostTensor.of(bias, channels));
    tensors.put("running_mean", HostTensor.of(new double[channels], channels));
    tensors.put("running_var", HostTensor.of(new double[channels], channels));
    tensors.put("train_y", HostTensor.of(naive.forward(weight, bias, null, false), shape));
    tensors.put("train_grad_x", HostTensor.of(gradients.dx(), shape));
    tensors.put("train_grad_weight", HostTensor.of(gradients.dweight(), channels));
    tensors.put("train_grad_bias", HostTensor.of(gradients.dbias(), channels));
    tensors.put("train_running_mean", HostTensor.of(mean, channels));
    tensors.put("train_running_var", HostTensor.of(variance, channels));
    tensors.put("train_batch_mean", HostTensor.of(naive.mean, channels));
    tensors.put("train_batch_var_biased", HostTensor.of(naive.variance, channels));
    String json = "{\"kind\": \"batch_norm2d\", \"eps\": 1e-5, \"momentum\": 0.1}";
    write("bn", json);
    CommandRun run = CommandRun.of("replay", folder.toString(), "--dtype", dtype);
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("8 tensors compared, all pass");
    // A gradient without the means of dy is wrong, however near to zero the right one is.
    double[] wrong = naive.backward(weight, null, dy, true).dx();
    tensors.put("train_grad_x", HostTensor.of(wrong, shape));
    write("bn", json);
    assertThat(CommandRun.of("replay", folder.toString(), "--dtype", dtype).out())
        .containsPattern("train_grad_x .* FAIL")
        .contains("1 FAILED");
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
