package org.octothorpe.replay;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Shape;
import org.octothorpe.io.HostTensor;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.MaxPool;
import org.octothorpe.oracle.NaiveBatchNorm;
import org.octothorpe.oracle.NaiveConv;
import org.octothorpe.oracle.NaivePool;
import org.octothorpe.oracle.NaiveSgd;
import org.octothorpe.oracle.NaiveSoftmax;
import org.octothorpe.oracle.Rounding;
import org.octothorpe.oracle.Sums;
import org.octothorpe.train.SgdOptions;

/**
 * A ResNeXt by plain loops, trained with the softmax loss and SGD. Activations are [N,H,W,C] and
 * filters [K,R,S,C]; files hold them otherwise.
 */
final class NaiveNetwork implements NetRun {
  private static final int EXPANSION = 4;
  private static final double EPSILON = 1e-5;
  private static final double MOMENTUM = 0.1;

  private final ResNeXt architecture;
  private final SgdOptions options;
  private final NaiveSgd sgd;
  private final double learningRate;
  private final Rounding rounding;
  private final Map<String, double[]> state = new LinkedHashMap<>();
  private final Map<String, Shape> filters = new LinkedHashMap<>();
  private final Map<String, double[]> gradients = new LinkedHashMap<>();
  private final Map<String, double[]> momentum = new LinkedHashMap<>();

  /** The backward steps, the last of the forward pass first; empty unless training. */
  private final Deque<Runnable> backward = new ArrayDeque<>();

  private boolean training;
  private double loss;

  NaiveNetwork(NetCase net, Rounding rounding) {
    this.architecture = net.architecture();
    this.options = net.sgd();
    this.sgd = new NaiveSgd(rounding, options.momentum(), options.nesterov());
    this.learningRate = net.learningRate();
    this.rounding = rounding;
    net.start()
        .asMap()
        .forEach(
            (key, tensor) -> {
              if (tensor.rank() == 4) {
                filters.put(key, Scratch.channelsLast(tensor));
                state.put(key, tensor.permute(0, 2, 3, 1).toDoubles());
              } else {
                state.put(key, tensor.toDoubles());
              }
            });
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
    loss = loss(logits, labels);
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
    return asInFiles(gradients);
  }

  @Override
  public Map<String, double[]> state() {
    return asInFiles(state);
  }

  private Map<String, double[]> asInFiles(Map<String, double[]> tensors) {
    Map<String, double[]> result = new LinkedHashMap<>();
    tensors.forEach(
        (key, values) -> {
          Shape filter = filters.get(key);
          result.put(
              key,
              filter == null
                  ? values
                  : HostTensor.of(values, filter.toArray()).permute(0, 3, 1, 2).toDoubles());
        });
    return result;
  }

  private void update(String key, double[] gradient) {
    double[] buffer = momentum.computeIfAbsent(key, k -> new double[gradient.length]);
    String layer = key.substring(0, key.lastIndexOf('.'));
    boolean norm = state.containsKey(layer + ".running_mean");
    double decay = norm && !options.decayNorms() ? 0 : options.weightDecay();
    for (int i = 0; i < gradient.length; i++) {
      sgd.step(i, parameter(key), buffer, gradient[i], decay, learningRate);
    }
  }

  /** Gives the logits their gradient and returns the loss, in nats: the mean over the rows. */
  private double loss(NaiveTensor logits, PaddedLabels labels) {
    int rows = Math.toIntExact(logits.shape.get(0));
    int classes = logits.channels();
    double[] gradient = new double[logits.values.length];
    double sum = 0;
    for (int row = 0; row < rows; row++) {
      double[] values = new double[classes];
      System.arraycopy(logits.values, row * classes, values, 0, classes);
      NaiveSoftmax softmax = NaiveSoftmax.of(values, labels.counts(row, classes));
      sum += rounding.f32(softmax.loss()) / rows;
      for (int i = 0; i < classes; i++) {
        gradient[row * classes + i] = softmax.gradient(i) / rows;
      }
    }
    logits.contribute(rounding.activation(gradient), rounding);
    return sum;
  }

  private NaiveTensor logits(HostTensor pixels) {
    NaiveTensor x =
        new NaiveTensor(
            Scratch.channelsLast(pixels),
            rounding.activation(pixels.permute(0, 2, 3, 1).toDoubles()));
    boolean full = architecture.stem() == Stem.FULL;
    x = conv("conv1", x, GroupedConv.of(1, 2, full ? 3 : 1));
    x = norm("bn1", x, null, true);
    x = full ? maximum(x) : x;
    for (int stage = 0; stage < architecture.layers().size(); stage++) {
      for (int block = 0; block < architecture.layers().get(stage); block++) {
        String name = "layer" + (stage + 1) + "." + block;
        int outputs = EXPANSION * architecture.planes().get(stage);
        x = bottleneck(name, x, outputs, stage > 0 && block == 0 ? 2 : 1);
      }
    }
    return linear(mean(x));
  }

  private NaiveTensor bottleneck(String name, NaiveTensor x, int outputs, int stride) {
    GroupedConv grouped = GroupedConv.of(architecture.groups(), stride, 1);
    GroupedConv pointwise = GroupedConv.of(1, 1, 0);
    NaiveTensor y = norm(name + ".bn1", conv(name + ".conv1", x, pointwise), null, true);
    y = norm(name + ".bn2", conv(name + ".conv2", y, grouped), null, true);
    y = conv(name + ".conv3", y, pointwise);
    NaiveTensor shortcut = x;
    if (stride != 1 || x.channels() != outputs) {
      shortcut = conv(name + ".downsample.0", x, GroupedConv.of(1, stride, 0));
      shortcut = norm(name + ".downsample.1", shortcut, null, false);
    }
    return norm(name + ".bn3", y, shortcut, true);
  }

  private NaiveTensor conv(String name, NaiveTensor x, GroupedConv geometry) {
    String key = name + ".weight";
    Shape filter = filters.get(key);
    if (filter == null) {
      throw new IllegalArgumentException("the state has no '" + key + "'");
    }
    return conv(key, x, new NaiveConv(geometry, x.shape, filter), null);
  }

  private NaiveTensor conv(String key, NaiveTensor x, NaiveConv conv, double @Nullable [] bias) {
    double[] weight = rounding.activation(parameter(key).clone());
    NaiveTensor y =
        new NaiveTensor(conv.output(), activation(conv.forward(x.values, weight, bias)));
    record(
        () -> {
          gradients.put(key, rounding.sums(conv.backwardWeight(x.values, y.gradient())));
          x.contribute(activation(conv.backwardData(y.gradient(), weight)), rounding);
        });
    return y;
  }

  private double[] activation(Sums sums) {
    return rounding.activation(rounding.sums(sums));
  }

  private NaiveTensor norm(
      String name, NaiveTensor x, @Nullable NaiveTensor residual, boolean relu) {
    double[] mean = parameter(name + ".running_mean");
    double[] variance = parameter(name + ".running_var");
    double[] weight = parameter(name + ".weight").clone();
    NaiveBatchNorm norm = new NaiveBatchNorm(rounding, EPSILON, x.values, x.channels());
    if (training) {
      norm.measured().update(mean, variance, MOMENTUM);
    } else {
      norm.given(mean, variance);
    }
    double[] add = residual == null ? null : residual.values;
    double[] y = norm.forward(weight, parameter(name + ".bias"), add, relu);
    NaiveTensor output = new NaiveTensor(x.shape, y);
    record(
        () -> {
          parameter(name + ".num_batches_tracked")[0]++;
          NaiveBatchNorm.Gradients found =
              norm.backward(weight, relu ? y : null, output.gradient(), false);
          gradients.put(name + ".weight", found.dweight());
          gradients.put(name + ".bias", found.dbias());
          x.contribute(found.dx(), rounding);
          if (residual != null) {
            residual.contribute(found.dresidual(), rounding);
          }
        });
    return output;
  }

  private NaiveTensor maximum(NaiveTensor x) {
    NaivePool pool = new NaivePool(new MaxPool(3, 2, 1), x.shape, x.values);
    NaiveTensor y = new NaiveTensor(pool.output, pool.y);
    record(() -> x.contribute(activation(pool.backward(y.gradient())), rounding));
    return y;
  }

  private NaiveTensor mean(NaiveTensor x) {
    int channels = x.channels();
    int pixels = Math.toIntExact(x.shape.get(1) * x.shape.get(2));
    double[] means = rounding.sums(NaivePool.sums(x.shape, x.values));
    for (int i = 0; i < means.length; i++) {
      means[i] = rounding.activation(means[i] / pixels);
    }
    NaiveTensor y = new NaiveTensor(Shape.nhwc(x.shape.get(0), 1, 1, channels), means);
    record(
        () -> {
          double[] dx = new double[x.values.length];
          for (int i = 0; i < dx.length; i++) {
            int from = i / (pixels * channels) * channels + i % channels;
            dx[i] = rounding.activation(y.gradient()[from] / pixels);
          }
          x.contribute(dx, rounding);
        });
    return y;
  }

  /** The last layer: a 1x1 convolution of one pixel, with a bias. */
  private NaiveTensor linear(NaiveTensor x) {
    NaiveConv conv = NaiveConv.linear(x.shape.get(0), x.channels(), architecture.classes());
    NaiveTensor y = conv("fc.weight", x, conv, parameter("fc.bias").clone());
    record(() -> gradients.put("fc.bias", rounding.sums(conv.backwardBias(y.gradient()))));
    return y;
  }

  private void record(Runnable step) {
    if (training) {
      backward.push(step);
    }
  }

  private double[] parameter(String key) {
    double[] values = state.get(key);
    if (values == null) {
      throw new IllegalArgumentException("the state has no '" + key + "'");
    }
    return values;
  }
}
