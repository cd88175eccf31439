package org.octothorpe.cli.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.IntPointer;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.graph.Loss;
import org.octothorpe.graph.TrainingPlan;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;
import org.octothorpe.io.StateDict;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.SgdOptions;
import org.octothorpe.train.Trainer;

/** Cases of kind {@code net_train}: a whole small ResNeXt over a few steps. */
final class NetTrainReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    Map<String, HostTensor> inputs = inputs(golden);
    ResNeXt architecture = architecture(golden);
    NetTolerance tolerance =
        NetTolerance.of(precision, architecture, golden.parameters().path("fp32_deviation"));
    List<Comparison> comparisons = new ArrayList<>();
    Shape input = Scratch.channelsLast(input(inputs, 1));
    try (Network network = architecture.on(device);
        InferencePlan inference = network.inference(input, precision.dtype());
        Trainer trainer =
            network.training(input, precision.dtype(), Loss.SOFTMAX, sgd(golden), true)) {
      network.load(StateDict.of(golden.tensors()).under("init/"));
      int steps = golden.parameter("steps").asInt();
      JsonNode optimizer = golden.parameter("optimizer");
      comparisons.add(
          evaluation(
              golden, "eval_logits_init", inference, input(inputs, 1), tolerance.forward(0)));
      float[] losses = new float[steps];
      float[] logits = new float[golden.tensor("logits_steps").elements()];
      for (int step = 1; step <= steps; step++) {
        trainer.plan().input().copyFrom(input(inputs, step).permute(0, 2, 3, 1).toFloats());
        setLabels(trainer.plan(), labels(inputs, step));
        losses[step - 1] = (float) trainer.step(optimizer.path("lr").asDouble());
        System.arraycopy(
            logits(trainer.plan()),
            0,
            logits,
            (step - 1) * step(logits, steps),
            step(logits, steps));
        if (step == 1) {
          gradients(golden, network, tolerance, comparisons);
          state(golden, 1, "after1_bn/", network, tolerance, comparisons);
        }
      }
      comparisons.add(
          Comparison.of(
              "logits_steps",
              golden.tensor("logits_steps").toDoubles(),
              logits,
              tolerance.forward(steps)));
      comparisons.add(
          Comparison.of(
              "losses", golden.tensor("losses").toDoubles(), losses, tolerance.forward(steps)));
      state(golden, steps, "after" + steps + "/", network, tolerance, comparisons);
      comparisons.add(
          evaluation(
              golden,
              "eval_logits_after" + steps,
              inference,
              input(inputs, 1),
              tolerance.forward(steps)));
    }
    return comparisons;
  }

  /** Returns the number of values of a step. */
  private static int step(float[] all, int steps) {
    return all.length / steps;
  }

  private static float[] logits(TrainingPlan plan) {
    Tensor logits = plan.logits();
    if (logits == null) {
      throw new IllegalStateException("the plan was made without its logits");
    }
    return logits.toFloats();
  }

  private static void setLabels(TrainingPlan plan, PaddedLabels labels) {
    try (IntPointer offsets = new IntPointer(labels.offsets());
        IntPointer ids = new IntPointer(labels.ids())) {
      plan.setLabels(offsets, ids);
    }
  }

  private static Comparison evaluation(
      GoldenCase golden, String key, InferencePlan plan, HostTensor pixels, double tolerance) {
    plan.input().copyFrom(pixels.permute(0, 2, 3, 1).toFloats());
    return Comparison.of(key, golden.tensor(key).toDoubles(), plan.run().toFloats(), tolerance);
  }

  private static void gradients(
      GoldenCase golden, Network network, NetTolerance tolerance, List<Comparison> comparisons) {
    String prefix = "grad_step1/";
    StateDict.of(golden.tensors())
        .under(prefix)
        .asMap()
        .forEach(
            (key, expected) -> {
              float[] actual = network.parameters().gradient(key).toFloats();
              comparisons.add(
                  Comparison.of(
                      prefix + key, inMemory(expected).toDoubles(), actual, tolerance.gradient()));
            });
  }

  private static void state(
      GoldenCase golden,
      int steps,
      String prefix,
      Network network,
      NetTolerance tolerance,
      List<Comparison> comparisons) {
    Map<String, HostTensor> actual = network.state().asMap();
    StateDict.of(golden.tensors())
        .under(prefix)
        .asMap()
        .forEach(
            (key, expected) -> {
              HostTensor tensor = actual.get(key);
              if (tensor == null) {
                throw new IllegalArgumentException("the network has no '" + key + "'");
              }
              double[] values = expected.toDoubles();
              boolean counter = key.endsWith("num_batches_tracked");
              double change = change(golden.tensor("init/" + key).toDoubles(), values);
              comparisons.add(
                  Comparison.of(
                      prefix + key,
                      values,
                      tensor.toFloats(),
                      counter ? 0 : tolerance.state(steps, change)));
            });
  }

  private static double change(double[] before, double[] after) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < after.length; i++) {
      difference += (after[i] - before[i]) * (after[i] - before[i]);
      norm += after[i] * after[i];
    }
    return norm > 0 ? Math.min(1, Math.sqrt(difference / norm)) : 0;
  }

  private static HostTensor inMemory(HostTensor tensor) {
    return tensor.rank() == 4 ? tensor.permute(0, 2, 3, 1) : tensor;
  }

  private static HostTensor input(Map<String, HostTensor> inputs, int step) {
    HostTensor tensor = inputs.get("input_step" + step);
    if (tensor == null) {
      throw new IllegalArgumentException("the inputs have no tensor 'input_step" + step + "'");
    }
    return tensor;
  }

  private static PaddedLabels labels(Map<String, HostTensor> inputs, int step) {
    HostTensor labels = inputs.get("labels_step" + step);
    HostTensor weights = inputs.get("label_weights_step" + step);
    if (labels == null || weights == null) {
      throw new IllegalArgumentException("the inputs have no labels of step " + step);
    }
    return PaddedLabels.of(labels, weights);
  }

  private static Map<String, HostTensor> inputs(GoldenCase golden) {
    String name = golden.parameter("inputs").asText();
    Path folder = golden.file().toAbsolutePath().getParent();
    Path file = golden.file().resolveSibling(name).toAbsolutePath().normalize();
    if (folder == null || !file.startsWith(folder)) {
      throw new IllegalArgumentException("inputs is '" + name + "', a path outside the folder");
    }
    try {
      return new LinkedHashMap<>(Safetensors.read(file).tensors());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private static SgdOptions sgd(GoldenCase golden) {
    JsonNode optimizer = golden.parameter("optimizer");
    if (optimizer.path("dampening").asDouble() != 0) {
      throw new IllegalArgumentException("dampening must be 0: the library has none");
    }
    return new SgdOptions(
        optimizer.path("momentum").asDouble(),
        optimizer.path("nesterov").asBoolean(),
        optimizer.path("weight_decay").asDouble(),
        optimizer.path("weight_decay_on").asText().startsWith("all"));
  }

  private static ResNeXt architecture(GoldenCase golden) {
    HostTensor stem = golden.tensor("init/conv1.weight");
    return new ResNeXt(
        integers(golden.parameter("layers")),
        golden.parameter("groups").asInt(),
        golden.parameter("width_per_group").asInt(),
        stem.shape()[2] == 7 ? Stem.FULL : Stem.SMALL,
        golden.parameter("stem_channels").asInt(),
        integers(golden.parameter("planes")),
        golden.parameter("classes").asInt());
  }

  private static List<Integer> integers(JsonNode array) {
    List<Integer> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asInt()));
    return values;
  }
}
