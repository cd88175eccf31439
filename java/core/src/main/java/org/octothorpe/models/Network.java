package org.octothorpe.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.graph.Graph;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.graph.Loss;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.graph.Parameters;
import org.octothorpe.graph.TrainingPlan;
import org.octothorpe.graph.Value;
import org.octothorpe.io.Checkpoint;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;
import org.octothorpe.io.StateDict;
import org.octothorpe.random.Philox;

/**
 * A network on a device: an architecture and its parameters, from which plans are made.
 *
 * <p>Plans and trainers share the parameters and must be closed before the network.
 */
public final class Network implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ResNeXt architecture;
  private final Device device;
  private final Parameters parameters;

  Network(ResNeXt architecture, Device device) {
    this.architecture = architecture;
    this.device = device;
    this.parameters = new Parameters(device, StateLayout.specs(architecture));
  }

  /** Returns the architecture. */
  public ResNeXt architecture() {
    return architecture;
  }

  /** Returns the state. */
  public Parameters parameters() {
    return parameters;
  }

  /** Returns the number of trained parameters. */
  public long parameterCount() {
    return parameters.count();
  }

  /**
   * Initializes all parameters: He for convolutions, 1 and 0 for batch norms (0 and 0 for the last
   * of each block), N(0, 0.01^2) for the last layer. The same seed gives the same values on any
   * device.
   */
  public Network initialize(long seed) {
    parameters.requireOpen();
    for (ParameterSpec spec : parameters.specs()) {
      float[] values = new float[Math.toIntExact(spec.shape().elements())];
      if (spec.deviation() == 0) {
        Arrays.fill(values, (float) spec.mean());
      } else {
        Philox random = Philox.of(seed, spec.key());
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (spec.mean() + spec.deviation() * random.nextGaussian());
        }
      }
      parameters.value(spec.key()).copyFrom(values);
    }
    parameters.flatMomentum().zero();
    parameters.setTrainedBatches(0);
    parameters.refreshCopies();
    return this;
  }

  /** Loads the parameters of a checkpoint; see {@link #load(StateDict)}. */
  public Network load(Checkpoint checkpoint) {
    return load(checkpoint.state());
  }

  /**
   * Loads parameters and running statistics by torchvision's keys, filters as KCRS; strict: every
   * key and shape must agree, but for a prefix before all keys. See {@link StateLayout#fit}.
   *
   * @throws org.octothorpe.io.StateMismatchException if they do not; the message names all that are
   *     missing, unexpected or of another shape
   * @throws IllegalArgumentException if a value is not finite or a variance is negative
   */
  public Network load(StateDict state) {
    parameters.requireOpen();
    StateLayout layout = new StateLayout(architecture.toString(), parameters.specs());
    StateDict checked = layout.fit(state);
    for (ParameterSpec spec : parameters.specs()) {
      parameters.value(spec.key()).copyFrom(toMemory(checked.get(spec.key())).toFloats());
    }
    layout.trainedBatches(checked).ifPresent(parameters::setTrainedBatches);
    parameters.refreshCopies();
    return this;
  }

  /** Returns parameters and running statistics by torchvision's keys, F32, filters as KCRS. */
  public StateDict state() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (ParameterSpec spec : parameters.specs()) {
      tensors.put(spec.key(), toFile(parameters.value(spec.key()), spec));
      if (StateLayout.isVariance(spec)) {
        tensors.put(
            StateLayout.batchesKey(spec), HostTensor.of(new long[] {parameters.trainedBatches()}));
      }
    }
    return StateDict.of(tensors);
  }

  /**
   * Writes parameters and running statistics to a safetensors file, with the architecture as
   * metadata; an earlier file is replaced only when the new one is complete.
   */
  public void save(Path file) throws IOException {
    Map<String, String> metadata = Map.of("architecture", JSON.writeValueAsString(architecture));
    Safetensors.write(file, state().asMap(), metadata);
  }

  /**
   * Returns the optimizer's momentum by the keys of the trained parameters, laid out as in {@link
   * #state()}.
   */
  public StateDict momentum() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (ParameterSpec spec : trained()) {
      try (Tensor view = parameters.momentum(spec.key())) {
        tensors.put(spec.key(), toFile(view, spec));
      }
    }
    return StateDict.of(tensors);
  }

  /** Loads what {@link #momentum()} returned. */
  public void loadMomentum(StateDict state) {
    Map<String, long[]> expected = new LinkedHashMap<>();
    for (ParameterSpec spec : trained()) {
      expected.put(spec.key(), StateLayout.fileShape(spec));
    }
    StateDict checked = state.strict(architecture + " (momentum)", expected).requireSound();
    for (ParameterSpec spec : trained()) {
      try (Tensor view = parameters.momentum(spec.key())) {
        view.copyFrom(toMemory(checked.get(spec.key())).toFloats());
      }
    }
  }

  /**
   * Plans inference.
   *
   * @param input [N,H,W,3], normalized pixels
   * @param dtype F32 or BF16
   * @return a plan whose output is the logits, [N, classes]
   */
  public InferencePlan inference(Shape input, DType dtype) {
    parameters.requireOpen();
    Graph graph = new Graph(input);
    Value logits = architecture.buildLogits(graph);
    return new InferencePlan(graph, logits, parameters, dtype);
  }

  /** Plans inference up to the pooled features, [N, {@link ResNeXt#features()}]. */
  public InferencePlan features(Shape input, DType dtype) {
    parameters.requireOpen();
    Graph graph = new Graph(input);
    Value features = architecture.buildFeatures(graph);
    return new InferencePlan(graph, features, parameters, dtype);
  }

  /** Plans inference up to the last stage's output, [N, P, Q, {@link ResNeXt#features()}]. */
  public InferencePlan featureMap(Shape input, DType dtype) {
    parameters.requireOpen();
    Graph graph = new Graph(input);
    Value map = architecture.buildFeatureMap(graph);
    return new InferencePlan(graph, map, parameters, dtype);
  }

  /**
   * Plans forward pass, loss and backward pass; {@code org.octothorpe.train.Trainer} takes steps
   * with it.
   *
   * @param input [N,H,W,3]; N is the batch
   * @param dtype the type of activations and weights, F32 or BF16; masters and gradients of weights
   *     are F32
   * @param maxLabels the maximum number of labels in a batch
   * @param keepLogits whether a step leaves its logits in {@link TrainingPlan#logits()}
   */
  public TrainingPlan trainingPlan(
      Shape input, DType dtype, Loss loss, int maxLabels, boolean keepLogits) {
    parameters.requireOpen();
    Graph graph = new Graph(input);
    Value logits = architecture.buildLogits(graph);
    return new TrainingPlan(graph, logits, parameters, dtype, loss, maxLabels, keepLogits);
  }

  private List<ParameterSpec> trained() {
    List<ParameterSpec> trained = new ArrayList<>(parameters.specs());
    trained.removeIf(spec -> !spec.role().trained());
    return trained;
  }

  private static HostTensor toFile(Tensor tensor, ParameterSpec spec) {
    HostTensor host = HostTensor.of(tensor.toFloats(), spec.shape().toArray());
    return spec.shape().rank() == 4 ? host.permute(0, 3, 1, 2) : host;
  }

  private static HostTensor toMemory(HostTensor tensor) {
    return tensor.rank() == 4 ? tensor.permute(0, 2, 3, 1) : tensor;
  }

  /** Returns the device. */
  public Device device() {
    return device;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
