package org.octothorpe.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.graph.Graph;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;
import org.octothorpe.io.StateDict;
import org.octothorpe.oracle.Rounding;

/** A small network whose expected results are those of the naive run in double. */
class NetTrainReplayTest {
  private static final int BATCH = 4;
  private static final String CASE =
      """
      {"kind": "net_train", "inputs": "batches.safetensors", "layers": [1, 2], "planes": [16, 32],
       "groups": 4, "width_per_group": 16, "stem_channels": 8, "classes": 5, "steps": STEPS,
       "optimizer": {"lr": 0.01, "momentum": 0.9, "dampening": 0, "nesterov": true,
                     "weight_decay": 0.001, "weight_decay_on": "weights"}}
      """;

  @TempDir Path folder;
  private final Map<String, HostTensor> tensors = new LinkedHashMap<>();

  @BeforeEach
  void writeCase() throws IOException {
    writeCase(2, 32);
  }

  /** Writes a case of some steps on images of a size. */
  private void writeCase(int steps, int size) throws IOException {
    tensors.clear();
    SplittableRandom random = new SplittableRandom(11);
    Map<String, HostTensor> batches = new LinkedHashMap<>();
    for (int step = 1; step <= steps; step++) {
      long[] labels = {0, -1, 3, 1, 4, -1, 2, 0};
      double[] weights = {1, 0, 0.5, 0.5, 1, 0, 0.5, 0.5};
      batches.put("input_step" + step, normal(random, 0, 1, BATCH, 3, size, size));
      batches.put("labels_step" + step, HostTensor.of(labels, BATCH, 2));
      batches.put("label_weights_step" + step, HostTensor.of(weights, BATCH, 2));
    }
    Safetensors.write(folder.resolve("batches.safetensors"), batches, Map.of());
    Files.writeString(folder.resolve("net.json"), CASE.replace("STEPS", Integer.toString(steps)));
    tensors.put("init/conv1.weight", HostTensor.of(new float[8 * 3 * 49], 8, 3, 7, 7));
    Graph graph = new Graph(Shape.nhwc(BATCH, size, size, 3));
    net().architecture().buildLogits(graph);
    for (ParameterSpec spec : graph.parameters()) {
      start(spec, random, "after" + steps + "/");
    }
    for (String logits :
        new String[] {"eval_logits_init", "eval_logits_after" + steps, "logits_steps"}) {
      tensors.put(logits, HostTensor.of(new double[0], 0));
    }
    tensors.put("losses", HostTensor.of(new double[0], 0));
    NetRun.results(new NaiveNetwork(net(), Rounding.none()), net())
        .forEach((key, values) -> tensors.put(key, HostTensor.of(values, values.length)));
    write();
  }

  private void start(ParameterSpec spec, SplittableRandom random, String after) {
    Shape s = spec.shape();
    long[] shape =
        s.rank() == 4 ? new long[] {s.get(0), s.get(3), s.get(1), s.get(2)} : s.toArray();
    boolean weight = spec.role() == ParameterSpec.Role.WEIGHT;
    double deviation = weight ? Math.max(0.1, spec.deviation()) : 0.1;
    // The last batch norm of a block starts at 0, where its branch learns nothing.
    double mean = spec.key().endsWith("bn3.weight") ? 1 : spec.mean();
    HostTensor start = normal(random, mean, deviation, shape);
    tensors.put("init/" + spec.key(), start);
    tensors.put(after + spec.key(), start);
    if (spec.role().trained()) {
      tensors.put("grad_step1/" + spec.key(), start);
    } else {
      tensors.put("after1_bn/" + spec.key(), start);
      String batches = spec.key().replaceAll("running_(mean|var)", "num_batches_tracked");
      tensors.put("init/" + batches, HostTensor.of(new long[] {0}));
      tensors.put(after + batches, HostTensor.of(new long[] {0}));
    }
  }

  private static HostTensor normal(
      SplittableRandom random, double mean, double deviation, long... shape) {
    float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return HostTensor.of(values, shape);
  }

  private NetCase net() throws IOException {
    write();
    return new NetCase(GoldenCase.read(folder.resolve("net.json")));
  }

  private void write() throws IOException {
    Safetensors.write(folder.resolve("net.safetensors"), tensors, Map.of());
  }

  private CommandRun replay(String dtype) {
    return CommandRun.of("replay", folder.resolve("net.json").toString(), "--dtype", dtype);
  }

  /** Replaces a tensor's values and returns the lines of the tensors that then fail. */
  private String failuresWith(String dtype, String key, UnaryOperator<double[]> change)
      throws IOException {
    HostTensor tensor = StateDict.of(tensors).get(key);
    double[] values = change.apply(tensor.toDoubles());
    tensors.put(key, HostTensor.of(values, tensor.shape()));
    write();
    CommandRun run = replay(dtype);
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    return String.join("\n", run.out().lines().filter(line -> line.endsWith("FAIL")).toList());
  }

  private static double[] times(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "bf16"})
  void passesWhatIsRight(String dtype) {
    CommandRun run = replay(dtype);
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("1 case, 140 tensors compared, all pass");
  }

  /** This library's kernels, oneDNN's and those of a GPU add in different orders. */
  @ParameterizedTest
  @CsvSource({"cpu,true", "cpu,false", "emulated,true"})
  void fiveStepsPassInAnyOrderOfSummation(String name, boolean deterministic) throws IOException {
    writeCase(5, 16);
    GoldenCase golden = GoldenCase.read(folder.resolve("net.json"));
    try (Device device = Device.open(name, new DeviceOptions(2, deterministic))) {
      List<Comparison> all = new NetTrainReplay().run(device, Precision.of(DType.F32), golden);
      assertThat(all).hasSize(140);
      assertThat(all.stream().filter(c -> !c.pass())).isEmpty();
      // So close that an error of a thousandth is seen.
      assertThat(all.stream().filter(c -> c.tolerance() >= 1e-3)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "bf16"})
  void aWeightOffByAHundredthFails(String dtype) throws IOException {
    assertThat(failuresWith(dtype, "init/fc.weight", values -> times(values, 1.01)))
        .contains(" after2/fc.weight ");
  }

  @Test
  void aGradientOffByTwoHundredthsFails() throws IOException {
    assertThat(
            failuresWith("f32", "grad_step1/layer2.1.conv2.weight", values -> times(values, 1.02)))
        .containsOnlyOnce("FAIL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "bf16"})
  void zerosFail(String dtype) throws IOException {
    assertThat(failuresWith(dtype, "grad_step1/conv1.weight", values -> times(values, 0)))
        .containsOnlyOnce("FAIL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "bf16"})
  void swappedStridesFail(String dtype) throws IOException {
    // [8,3,7,7] with rows for columns.
    assertThat(
            failuresWith(
                dtype,
                "grad_step1/conv1.weight",
                values -> HostTensor.of(values, 8, 3, 7, 7).permute(0, 1, 3, 2).toDoubles()))
        .containsOnlyOnce("FAIL");
  }

  @Test
  void findsTheInputsOfACaseNamedByAPathWithDots() throws IOException {
    Path dotted = Files.createDirectory(folder.resolve("x")).resolve("../net.json");
    assertThat(CommandRun.of("replay", dotted.toString()).exit()).isZero();
  }

  @Test
  void refusesAnUnknownExpectation() throws IOException {
    tensors.put("grad_step1/fc.scale", HostTensor.of(new float[] {1}, 1));
    write();
    assertThat(replay("f32").out())
        .contains("FAIL: the network has no result 'grad_step1/fc.scale'");
  }
}
