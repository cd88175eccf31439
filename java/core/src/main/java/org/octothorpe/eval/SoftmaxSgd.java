package org.octothorpe.eval;

import org.octothorpe.Device;
import org.octothorpe.random.Philox;

/**
 * The objective of {@link LogisticRegression} minimized by stochastic gradient descent with
 * Nesterov momentum 0.9 and a cosine schedule: for sets of vectors on which full batches are too
 * slow.
 *
 * @param l2 the penalty, &gt;= 0
 * @param learningRate at the start, &gt; 0
 * @param epochs passes over the vectors
 * @param batch vectors a step; a last incomplete batch of an epoch is left out
 * @param seed of the order of the vectors
 */
public record SoftmaxSgd(double l2, double learningRate, int epochs, int batch, long seed) {
  private static final double MOMENTUM = 0.9;

  /** Checks the values. */
  public SoftmaxSgd {
    if (!(l2 >= 0 && Double.isFinite(l2))) {
      throw new IllegalArgumentException("l2 is " + l2 + ", but must be finite and >= 0");
    }
    if (!(learningRate > 0 && Double.isFinite(learningRate))) {
      throw new IllegalArgumentException(
          "learning rate is " + learningRate + ", but must be finite and > 0");
    }
    if (epochs < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "epochs is " + epochs + " and batch is " + batch + ", but both must be at least 1");
    }
  }

  /** Fits a classifier; arguments as those of {@link LogisticRegression#fit}. */
  public LinearClassifier fit(Device device, float[] x, int[] labels, int classes) {
    int features = ProbeData.features(x, labels, classes);
    Standardization standardization = Standardization.of(x, features);
    float[] standard = standardization.apply(x);
    int size = Math.min(batch, labels.length);
    int steps = labels.length / size;
    int weights = classes * features;
    double[] parameters = new double[weights + classes];
    double[] momentum = new double[parameters.length];
    double[] gradient = new double[parameters.length];
    float[] rows = new float[size * features];
    int[] own = new int[size];
    int[] order = new int[labels.length];
    LogisticRegression objective = new LogisticRegression(l2, 1);
    try (FeatureMatrix matrix = new FeatureMatrix(device, size, features, classes)) {
      for (int epoch = 0; epoch < epochs; epoch++) {
        shuffle(order, Philox.of(seed, "probe shuffle").at(epoch));
        for (int step = 0; step < steps; step++) {
          for (int i = 0; i < size; i++) {
            int row = order[step * size + i];
            own[i] = labels[row];
            System.arraycopy(standard, row * features, rows, i * features, features);
          }
          matrix.features(rows);
          objective.objective(matrix, own, classes, parameters, gradient);
          double done = (double) (epoch * steps + step) / ((long) epochs * steps);
          double rate = learningRate * 0.5 * (1 + Math.cos(Math.PI * done));
          for (int j = 0; j < parameters.length; j++) {
            momentum[j] = MOMENTUM * momentum[j] + gradient[j];
            parameters[j] -= rate * (gradient[j] + MOMENTUM * momentum[j]);
          }
        }
      }
    }
    double[] weight = java.util.Arrays.copyOf(parameters, weights);
    double[] bias = java.util.Arrays.copyOfRange(parameters, weights, parameters.length);
    return standardization.fold(classes, weight, bias);
  }

  private static void shuffle(int[] order, Philox random) {
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }
}
