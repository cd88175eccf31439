package org.octothorpe.cli.replay;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.graph.Loss;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.graph.TrainingPlan;
import org.octothorpe.io.HostTensor;
import org.octothorpe.io.Safetensors;
import org.octothorpe.io.StateDict;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.SgdOptions;
import org.octothorpe.train.Trainer;

/** Five training steps of a whole small network: losses, logits, gradients, running statistics, state. */
final class NetworkReplayer implements Replayer {
  /**
   * Growth of a relative rounding error on the way to logits, losses and state: a handful of roundings in each of the network's
   * 14 convolutions and batch norms, whose normalisation over few pixels amplifies them.
   */
  private static final double FORWARD_GROWTH = 40;

  /** How far a gradient may deviate, in units of what the reference's own F32 run deviated in its worst one. */
  private static final double OF_REFERENCE_DEVIATION = 3;

  /** The growth on the way back where a case does not state its reference's deviation. */
  private static final double BACKWARD_GROWTH = 300;

  @Override
  public List<Comparison> replay(GoldenCase golden, Device device, DType dtype) throws IOException {
    String inputsName = golden.text("inputs");
    Safetensors inputs = Safetensors.read(golden.folder().resolve(inputsName));
    Shape input = Shape.nhwc(golden.integer("batch"), golden.integer("image", 0), golden.integer("image", 1), 3);
    SgdOptions sgd =
        new SgdOptions(
            golden.json().at("/optimizer/momentum").asDouble(),
            golden.json().at("/optimizer/nesterov").asBoolean(),
            golden.json().at("/optimizer/weight_decay").asDouble(),
            true);
    double rate = golden.json().at("/optimizer/lr").asDouble();
    int steps = Math.toIntExact(golden.integer("steps"));
    List<Comparison> results = new ArrayList<>();
    try (Network network = architecture(golden).on(device)) {
      network.load(StateDict.of(golden.tensors().tensors()).under("init/"));
      network.parameters().flatMomentum().zero();
      try (InferencePlan inference = network.inference(input, dtype);
          Trainer trainer = network.training(input, dtype, Loss.SOFTMAX, sgd, true)) {
        setInput(inference.input(), inputs, 1);
        compare(results, "eval_logits_init", Replayer.download(inference.run()), golden, dtype);
        double[] losses = new double[steps];
        List<double[]> logits = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
          setInput(trainer.plan().input(), inputs, step + 1);
          setLabels(golden, trainer.plan(), inputs, step + 1);
          losses[step] = trainer.step(rate);
          Tensor kept = trainer.plan().logits();
          logits.add(kept == null ? new double[0] : Replayer.download(kept));
          if (step == 0) {
            compareStates(results, golden, network, dtype, "after1_bn/");
            compareGradients(results, golden, network, dtype);
          }
        }
        compare(results, "losses", losses, golden, dtype);
        compare(
            results, "logits_steps", logits.stream().flatMapToDouble(java.util.Arrays::stream).toArray(), golden, dtype);
        compareStates(results, golden, network, dtype, "after" + steps + "/");
        setInput(inference.input(), inputs, 1);
        compare(results, "eval_logits_after" + steps, Replayer.download(inference.run()), golden, dtype);
      }
    }
    return results;
  }

  private static ResNeXt architecture(GoldenCase golden) {
    return new ResNeXt(
        integers(golden, "layers"),
        Math.toIntExact(golden.integer("groups")),
        Math.toIntExact(golden.integer("width_per_group")),
        Stem.FULL,
        Math.toIntExact(golden.integer("stem_channels")),
        integers(golden, "planes"),
        Math.toIntExact(golden.integer("classes")));
  }

  private static List<Integer> integers(GoldenCase golden, String field) {
    return StreamSupport.stream(golden.json().path(field).spliterator(), false).map(n -> n.asInt()).toList();
  }

  private static HostTensor find(Safetensors inputs, String key) {
    HostTensor tensor = inputs.tensors().get(key);
    if (tensor == null) {
      throw new CommandFailure("the inputs have no tensor '" + key + "'");
    }
    return tensor;
  }

  private static void setInput(Tensor input, Safetensors inputs, int step) {
    input.copyFrom(find(inputs, "input_step" + step).permute(0, 2, 3, 1).toFloats());
  }

  private static void setLabels(GoldenCase golden, TrainingPlan plan, Safetensors inputs, int step) {
    CrossEntropyReplayer.Labels labels =
        CrossEntropyReplayer.Labels.of(
            golden.name(),
            find(inputs, "labels_step" + step),
            find(inputs, "label_weights_step" + step).toDoubles());
    plan.offsets().copyFrom(labels.offsets);
    plan.labels().copyFrom(java.util.Arrays.copyOf(labels.ids, Math.toIntExact(plan.labels().shape().elements())));
  }

  private static void compareGradients(List<Comparison> results, GoldenCase golden, Network network, DType dtype) {
    for (ParameterSpec spec : network.parameters().specs()) {
      if (spec.role().trained()) {
        Tensor gradient = network.parameters().gradient(spec.key());
        double[] values =
            spec.shape().rank() == 4 ? Replayer.downloadChannelsFirst(gradient) : Replayer.download(gradient);
        compare(results, "grad_step1/" + spec.key(), values, golden, dtype);
      }
    }
  }

  private static void compareStates(
      List<Comparison> results, GoldenCase golden, Network network, DType dtype, String prefix) {
    StateDict expected = StateDict.of(golden.tensors().tensors()).under(prefix);
    StateDict actual = network.state();
    for (String key : expected.keys()) {
      compare(results, prefix + key, actual.get(key).toDoubles(), golden, dtype);
    }
  }

  private static void compare(
      List<Comparison> results, String key, double[] actual, GoldenCase golden, DType dtype) {
    double growth = FORWARD_GROWTH;
    if (key.startsWith("grad_")) {
      double deviation = golden.json().at("/fp32_deviation/worst_grad_rel_l2/0").asDouble(0);
      growth = deviation > 0 ? OF_REFERENCE_DEVIATION * deviation / F32_ROUNDING : BACKWARD_GROWTH;
    }
    double tolerance = growth * (dtype == DType.F32 ? F32_ROUNDING : BF16_ROUNDING);
    results.add(Comparison.within(key, actual, golden.values(key), tolerance));
  }
}
