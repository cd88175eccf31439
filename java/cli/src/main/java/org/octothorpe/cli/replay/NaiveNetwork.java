package org.octothorpe.cli.replay;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.io.HostTensor;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.SgdOptions;

/**
 * A ResNeXt by plain loops, trained with the softmax loss and SGD; tensors [N,C,H,W] and [K,C,R,S],
 * as files hold them.
 */
final class NaiveNetwork implements NetRun {
  private static final int EXPANSION = 4;

  private final ResNeXt architecture;
  private final SgdOptions sgd;
  private final double learningRate;
  private final Rounding rounding;
  private final Map<String, double[]> state = new LinkedHashMap<>();
  private final Map<String, double[]> gradients = new LinkedHashMap<>();
  private final Map<String, double[]> momentum = new LinkedHashMap<>();

  /** The backward steps, the last of the forward pass first; empty unless training. */
  private final Deque<Runnable> backward = new ArrayDeque<>();

  private boolean training;
  private double loss;

  NaiveNetwork(NetCase net, Rounding rounding) {
    this.architecture = net.architecture();
    this.sgd = net.sgd();
    this.learningRate = net.learningRate();
    this.rounding = rounding;
    net.start().asMap().forEach((key, tensor) -> state.put(key, tensor.toDoubles()));
  }

  @Override
  public double[] inference(HostTensor pixels) {
    training = false;
    return logits(pixels).values;
  }

  @Override
  public double[] step(HostTensor pixels, PaddedLabels labels) {
    training = true;
    NaiveTensor logits = logits(pixels);
    loss = new NaiveSoftmax(rounding).backward(logits, labels);
    while (!backward.isEmpty()) {
      backward.pop().run();
    }
    gradients.forEach(this::update);
    return logits.values;
  }

  @Override
  public double loss() {
    return loss;
  }

  @Override
  public Map<String, double[]> gradients() {
    return gradients;
  }

  @Override
  public Map<String, double[]> state() {
    return state;
  }

  private void update(String key, double[] gradient) {
    double[] parameter = parameter(key);
    boolean first = !momentum.containsKey(key);
    double[] buffer = momentum.computeIfAbsent(key, k -> new double[gradient.length]);
    String layer = key.substring(0, key.lastIndexOf('.'));
    boolean norm = state.containsKey(layer + ".running_mean");
    double decay = norm && !sgd.decayNorms() ? 0 : sgd.weightDecay();
    for (int i = 0; i < parameter.length; i++) {
      double g = rounding.f32(gradient[i] + decay * parameter[i]);
      buffer[i] = first ? g : rounding.f32(sgd.momentum() * buffer[i] + g);
      double step = sgd.nesterov() ? rounding.f32(g + sgd.momentum() * buffer[i]) : buffer[i];
      parameter[i] = rounding.f32(parameter[i] - learningRate * step);
    }
  }

  private NaiveTensor logits(HostTensor pixels) {
    long[] s = pixels.shape();
    NaiveTensor x =
        new NaiveTensor(
            (int) s[0], (int) s[1], (int) s[2], (int) s[3], rounding.weight(pixels.toDoubles()));
    boolean full = architecture.stem() == Stem.FULL;
    x = conv("conv1", x, architecture.stemChannels(), full ? 7 : 3, 2, full ? 3 : 1, 1);
    x = norm("bn1", x, null, true);
    x = full ? maximum(x) : x;
    for (int stage = 0; stage < architecture.layers().size(); stage++) {
      for (int block = 0; block < architecture.layers().get(stage); block++) {
        String name = "layer" + (stage + 1) + "." + block;
        x = bottleneck(name, x, architecture.planes().get(stage), stage > 0 && block == 0 ? 2 : 1);
      }
    }
    return linear(mean(x));
  }

  private NaiveTensor bottleneck(String name, NaiveTensor x, int planes, int stride) {
    int width = planes * architecture.widthPerGroup() / 64 * architecture.groups();
    int outputs = EXPANSION * planes;
    NaiveTensor shortcut = x;
    NaiveTensor y = norm(name + ".bn1", conv(name + ".conv1", x, width, 1, 1, 0, 1), null, true);
    y = conv(name + ".conv2", y, width, 3, stride, 1, architecture.groups());
    y = conv(name + ".conv3", norm(name + ".bn2", y, null, true), outputs, 1, 1, 0, 1);
    if (stride != 1 || x.c != outputs) {
      shortcut = conv(name + ".downsample.0", x, outputs, 1, stride, 0, 1);
      shortcut = norm(name + ".downsample.1", shortcut, null, false);
    }
    return norm(name + ".bn3", y, shortcut, true);
  }

  private NaiveTensor conv(
      String name, NaiveTensor x, int outputs, int kernel, int stride, int padding, int groups) {
    String key = name + ".weight";
    NaiveConv conv =
        new NaiveConv(rounding, x, weight(key), outputs, kernel, stride, padding, groups);
    NaiveTensor y = conv.forward();
    record(
        () -> {
          gradients.put(key, conv.backwardWeight(y.gradient()));
          x.contribute(conv.backwardData(y.gradient()), rounding);
        });
    return y;
  }

  private NaiveTensor norm(
      String name, NaiveTensor x, @Nullable NaiveTensor residual, boolean relu) {
    double[] mean = parameter(name + ".running_mean");
    double[] variance = parameter(name + ".running_var");
    NaiveBatchNorm norm =
        new NaiveBatchNorm(
            rounding, x, parameter(name + ".weight"), parameter(name + ".bias"), residual, relu);
    NaiveTensor y = training ? norm.training(mean, variance) : norm.inference(mean, variance);
    record(
        () -> {
          parameter(name + ".num_batches_tracked")[0]++;
          norm.backward(y);
          gradients.put(name + ".weight", norm.dweight);
          gradients.put(name + ".bias", norm.dbias);
        });
    return y;
  }

  private NaiveTensor maximum(NaiveTensor x) {
    NaivePool pooling = new NaivePool(rounding, x);
    NaiveTensor y = pooling.maximum();
    record(() -> pooling.backwardMaximum(y));
    return y;
  }

  private NaiveTensor mean(NaiveTensor x) {
    NaivePool pooling = new NaivePool(rounding, x);
    NaiveTensor y = pooling.mean();
    record(() -> pooling.backwardMean(y));
    return y;
  }

  /** The last layer: a 1x1 convolution of one pixel, with a bias. */
  private NaiveTensor linear(NaiveTensor x) {
    double[] bias = parameter("fc.bias");
    NaiveConv conv =
        new NaiveConv(rounding, x, weight("fc.weight"), architecture.classes(), 1, 1, 0, 1);
    NaiveTensor y = conv.forward(bias);
    record(
        () -> {
          gradients.put("fc.weight", conv.backwardWeight(y.gradient()));
          gradients.put("fc.bias", conv.backwardBias(y.gradient()));
          x.contribute(conv.backwardData(y.gradient()), rounding);
        });
    return y;
  }

  private void record(Runnable step) {
    if (training) {
      backward.push(step);
    }
  }

  private double[] weight(String key) {
    return rounding.weight(parameter(key).clone());
  }

  private double[] parameter(String key) {
    double[] values = state.get(key);
    if (values == null) {
      throw new IllegalArgumentException("the state has no '" + key + "'");
    }
    return values;
  }
}
