package org.octothorpe.replay;

import java.util.LinkedHashMap;
import java.util.Map;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.HostBuffer;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.graph.Loss;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.io.HostTensor;
import org.octothorpe.models.Network;
import org.octothorpe.train.Trainer;

/** The network of a case as the library computes it. */
final class NetOnDevice implements NetRun, AutoCloseable {
  private final double learningRate;
  private final Network network;
  private final InferencePlan inference;
  private final Trainer trainer;
  private double loss;

  NetOnDevice(Device device, DType dtype, NetCase net) {
    this.learningRate = net.learningRate();
    this.network = net.architecture().on(device).load(net.start());
    Shape input = Scratch.channelsLast(net.pixels(1));
    this.inference = network.inference(input, dtype);
    this.trainer = Trainer.of(network, input, dtype, Loss.SOFTMAX, net.sgd(), true);
  }

  @Override
  public double[] inference(HostTensor pixels) {
    inference.input().copyFrom(pixels.permute(0, 2, 3, 1).toFloats());
    return doubles(inference.run());
  }

  @Override
  public double[] step(HostTensor pixels, PaddedLabels labels) {
    trainer.plan().input().copyFrom(pixels.permute(0, 2, 3, 1).toFloats());
    try (HostBuffer offsets = buffer(labels.offsets());
        HostBuffer ids = buffer(labels.ids())) {
      trainer.plan().setLabels(offsets, ids);
    }
    loss = trainer.step(learningRate);
    Tensor logits = trainer.plan().logits();
    if (logits == null) {
      throw new IllegalStateException("the plan was made without its logits");
    }
    return doubles(logits);
  }

  private static HostBuffer buffer(int... values) {
    HostBuffer buffer = new HostBuffer(Math.max(1, values.length) * (long) Integer.BYTES);
    buffer.ints().put(values);
    return buffer;
  }

  @Override
  public double loss() {
    return loss;
  }

  @Override
  public Map<String, double[]> gradients() {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    for (ParameterSpec spec : network.parameters().specs()) {
      if (spec.role().trained()) {
        float[] values = network.parameters().gradient(spec.key()).toFloats();
        HostTensor tensor = HostTensor.of(values, spec.shape().toArray());
        HostTensor inFile = tensor.rank() == 4 ? tensor.permute(0, 3, 1, 2) : tensor;
        gradients.put(spec.key(), inFile.toDoubles());
      }
    }
    return gradients;
  }

  @Override
  public Map<String, double[]> state() {
    Map<String, double[]> state = new LinkedHashMap<>();
    network.state().asMap().forEach((key, tensor) -> state.put(key, tensor.toDoubles()));
    return state;
  }

  private static double[] doubles(Tensor tensor) {
    return HostTensor.of(tensor.toFloats(), tensor.shape().toArray()).toDoubles();
  }

  @Override
  public void close() {
    trainer.close();
    inference.close();
    network.close();
  }
}
