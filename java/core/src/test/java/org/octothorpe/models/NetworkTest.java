package org.octothorpe.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.graph.Tiny;
import org.octothorpe.io.Checkpoint;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.StateDict;
import org.octothorpe.io.StateMismatchException;

class NetworkTest {
  @TempDir Path folder;

  private static float[] logits(Network network) {
    Shape input = Shape.nhwc(2, Tiny.SIZE, Tiny.SIZE, 3);
    float[] pixels = new float[Math.toIntExact(input.elements())];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % 7 - 3;
    }
    try (InferencePlan plan = network.inference(input, DType.F32)) {
      plan.input().copyFrom(pixels);
      return plan.run().toFloats();
    }
  }

  @Test
  void theMeanOfTheFeatureMapIsThePooledFeatures() {
    Shape input = Shape.nhwc(2, 64, 96, 3);
    float[] pixels = new float[Math.toIntExact(input.elements())];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % 11 - 5;
    }
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.FULL).on(device).initialize(1);
        InferencePlan whole = network.featureMap(input, DType.F32);
        InferencePlan pooled = network.features(input, DType.F32)) {
      whole.input().copyFrom(pixels);
      pooled.input().copyFrom(pixels);
      float[] map = whole.run().toFloats();
      float[] features = pooled.run().toFloats();
      Shape shape = whole.output().shape();
      int channels = network.architecture().features();
      int area = Math.toIntExact(shape.get(1) * shape.get(2));
      assertThat(shape).isEqualTo(Shape.of(2, shape.get(1), shape.get(2), channels));
      assertThat(area).isGreaterThan(1);
      for (int i = 0; i < features.length; i++) {
        double sum = 0;
        for (int p = 0; p < area; p++) {
          sum += map[(i / channels * area + p) * channels + i % channels];
        }
        // `area` sums of F32 round to 2^-24 of their size each.
        assertThat((double) features[i])
            .isCloseTo(sum / area, within(area * Math.scalb(Math.abs(sum) + 1, -23)));
      }
    }
  }

  @Test
  void aSavedNetworkLoadsBitForBit() throws IOException {
    Path file = folder.resolve("network.safetensors");
    try (Device device = Device.open("cpu");
        Network saved = Tiny.network(Stem.FULL).on(device).initialize(1);
        Network loaded = Tiny.network(Stem.FULL).on(device).initialize(2)) {
      assertThat(logits(loaded)).isNotEqualTo(logits(saved));
      saved.save(file);
      Checkpoint checkpoint = Checkpoint.read(file);
      assertThat(checkpoint.metadata().get("architecture")).contains("\"widthPerGroup\":16");
      loaded.load(checkpoint);
      assertThat(logits(loaded)).isEqualTo(logits(saved));
    }
  }

  @Test
  void theCheckpointOfAnotherNetworkIsRefused() throws IOException {
    Path file = folder.resolve("network.safetensors");
    try (Device device = Device.open("cpu");
        Network saved = Tiny.network(Stem.FULL).on(device).initialize(1);
        Network other = Tiny.network(Stem.FULL).withClasses(12).on(device).initialize(2)) {
      saved.save(file);
      float[] before = logits(other);
      assertThatThrownBy(() -> other.load(Checkpoint.read(file)))
          .isInstanceOf(StateMismatchException.class)
          .hasMessageContaining("fc.weight is [11,128], must be [12,128]");
      assertThat(logits(other)).isEqualTo(before);
    }
  }

  @Test
  void weightsOfOtherTypesUnderAPrefixAreLoaded() {
    try (Device device = Device.open("cpu");
        Network saved = Tiny.network(Stem.FULL).on(device).initialize(1);
        Network loaded = Tiny.network(Stem.FULL).on(device).initialize(2)) {
      saved.parameters().setTrainedBatches(1234);
      Map<String, HostTensor> foreign = new LinkedHashMap<>();
      saved
          .state()
          .asMap()
          .forEach(
              (key, tensor) ->
                  foreign.put(
                      "module.model." + key, HostTensor.of(tensor.toDoubles(), tensor.shape())));
      foreign.put("n_averaged", HostTensor.of(new long[] {7}));
      StateDict fitted = StateLayout.of(saved.architecture()).fit(StateDict.of(foreign));
      assertThat(fitted.remarks())
          .anySatisfy(remark -> assertThat(remark).contains("'module.model.' is taken off"))
          .anySatisfy(remark -> assertThat(remark).isEqualTo("left aside: n_averaged"))
          .anySatisfy(remark -> assertThat(remark).matches("converted to F32: \\d+ of F64"));
      loaded.load(StateDict.of(foreign));
      assertThat(logits(loaded)).isEqualTo(logits(saved));
      assertThat(loaded.parameters().trainedBatches()).isEqualTo(1234);
      // What a narrow type leaves of a count is not one; nothing is computed from it.
      for (String key : saved.state().keys()) {
        if (key.endsWith(".num_batches_tracked")) {
          foreign.put("module.model." + key, HostTensor.of(new float[] {Float.POSITIVE_INFINITY}));
        }
      }
      loaded.load(StateDict.of(foreign));
      assertThat(logits(loaded)).isEqualTo(logits(saved));
    }
  }

  @Test
  void weightsThatDivergedAreRefusedAndChangeNothing() {
    try (Device device = Device.open("cpu");
        Network network = Tiny.network(Stem.FULL).on(device).initialize(1)) {
      float[] before = logits(network);
      Map<String, HostTensor> state = new LinkedHashMap<>(network.state().asMap());
      float[] bias = new float[network.architecture().classes()];
      bias[2] = Float.NaN;
      state.put("fc.bias", HostTensor.of(bias, bias.length));
      assertThatThrownBy(() -> network.load(StateDict.of(state)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("fc.bias has 1 of 11 that are not finite");
      Map<String, HostTensor> momentum = new LinkedHashMap<>(network.momentum().asMap());
      momentum.put("fc.bias", HostTensor.of(bias, bias.length));
      assertThatThrownBy(() -> network.loadMomentum(StateDict.of(momentum)))
          .hasMessageContaining("fc.bias has 1 of 11 that are not finite");
      assertThat(logits(network)).isEqualTo(before);
    }
  }
}
