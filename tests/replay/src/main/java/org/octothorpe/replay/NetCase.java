package org.octothorpe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;
import org.octothorpe.io.StateDict;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.SgdOptions;

/** What a case of kind {@code net_train} asks for: a network, its start, batches, an optimizer. */
final class NetCase {
  private final GoldenCase golden;
  private final Map<String, HostTensor> inputs;

  /** Reads the inputs that a case names. */
  NetCase(GoldenCase golden) {
    this.golden = golden;
    String name = golden.parameter("inputs").asText();
    Path json = golden.file().toAbsolutePath().normalize();
    Path file = json.resolveSibling(name).normalize();
    if (!file.startsWith(json.resolveSibling(""))) {
      throw new IllegalArgumentException("inputs is '" + name + "', a path outside the folder");
    }
    try {
      this.inputs = Safetensors.read(file).tensors();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    if (golden.parameter("optimizer").path("dampening").asDouble() != 0) {
      throw new IllegalArgumentException("dampening must be 0: the library has none");
    }
  }

  ResNeXt architecture() {
    HostTensor stem = golden.tensor("init/conv1.weight");
    if (stem.rank() != 4) {
      throw new IllegalArgumentException("init/conv1.weight is " + stem + ", must have 4 axes");
    }
    return new ResNeXt(
        integers(golden.parameter("layers")),
        golden.parameter("groups").asInt(),
        golden.parameter("width_per_group").asInt(),
        stem.shape()[2] == 7 ? Stem.FULL : Stem.SMALL,
        golden.parameter("stem_channels").asInt(),
        integers(golden.parameter("planes")),
        golden.parameter("classes").asInt());
  }

  /** Returns parameters and running statistics before the first step. */
  StateDict start() {
    return StateDict.of(golden.tensors()).under("init/");
  }

  SgdOptions sgd() {
    JsonNode optimizer = golden.parameter("optimizer");
    return new SgdOptions(
        optimizer.path("momentum").asDouble(),
        optimizer.path("nesterov").asBoolean(),
        optimizer.path("weight_decay").asDouble(),
        optimizer.path("weight_decay_on").asText().startsWith("all"));
  }

  double learningRate() {
    return golden.parameter("optimizer").path("lr").asDouble();
  }

  int steps() {
    return golden.parameter("steps").asInt();
  }

  /** Returns the pixels [N,3,H,W] of a step, from 1. */
  HostTensor pixels(int step) {
    return input("input_step" + step);
  }

  PaddedLabels labels(int step) {
    return PaddedLabels.of(input("labels_step" + step), input("label_weights_step" + step));
  }

  /** Returns the expected tensors by name, filters [K,C,R,S]. */
  Map<String, HostTensor> expected() {
    Map<String, HostTensor> expected = new LinkedHashMap<>(golden.tensors());
    expected.keySet().removeIf(key -> key.startsWith("init/"));
    return expected;
  }

  private HostTensor input(String key) {
    HostTensor tensor = inputs.get(key);
    if (tensor == null) {
      throw new IllegalArgumentException("the inputs have no tensor '" + key + "'");
    }
    return tensor;
  }

  private static List<Integer> integers(JsonNode array) {
    List<Integer> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asInt()));
    return values;
  }
}
