package org.octothorpe.eval;

import org.octothorpe.Device;

/**
 * Multinomial logistic regression with an L2 penalty, fitted to all vectors at once by L-BFGS.
 *
 * <p>Minimises, over weight W [K,D] and bias b [K], with features x standardised to mean 0 and
 * deviation 1 over the training vectors,
 *
 * <pre>  1/N sum_i -log softmax(W x_i + b)[y_i]  +  l2/2 |W|^2</pre>
 *
 * <p>The bias is not penalised. scikit-learn's {@code C} is {@code 1 / (N l2)}.
 *
 * @param l2 the penalty, &gt;= 0
 * @param maxIterations iterations at most
 */
public record LogisticRegression(double l2, int maxIterations) {
  /** The penalty that linear probes use by default. */
  public static final double DEFAULT_L2 = 0.1;

  private static final int MEMORY = 10;

  /** Largest gradient entry at which the fit is done; the loss is of the order of 1. */
  private static final double TOLERANCE = 1e-5;

  /** Checks the values. */
  public LogisticRegression {
    if (!(l2 >= 0 && Double.isFinite(l2))) {
      throw new IllegalArgumentException("l2 is " + l2 + ", but must be finite and >= 0");
    }
    if (maxIterations < 1) {
      throw new IllegalArgumentException(
          "iterations is " + maxIterations + ", but must be at least 1");
    }
  }

  /**
   * Fits a classifier.
   *
   * @param device where the products run
   * @param x feature vectors [N,D]
   * @param labels classes [N], each in [0,K)
   * @param classes K
   */
  public LinearClassifier fit(Device device, float[] x, int[] labels, int classes) {
    int features = ProbeData.features(x, labels, classes);
    Standardization standardization = Standardization.of(x, features);
    int weights = classes * features;
    double[] parameters = new double[weights + classes];
    try (FeatureMatrix matrix = new FeatureMatrix(device, labels.length, features, classes)) {
      matrix.features(standardization.apply(x));
      new Lbfgs(MEMORY, maxIterations, TOLERANCE)
          .minimize((p, gradient) -> objective(matrix, labels, classes, p, gradient), parameters);
    }
    double[] weight = java.util.Arrays.copyOf(parameters, weights);
    double[] bias = java.util.Arrays.copyOfRange(parameters, weights, parameters.length);
    return standardization.fold(classes, weight, bias);
  }

  /** Returns the objective at (W, b) = parameters [KD + K], and writes its gradient. */
  double objective(
      FeatureMatrix matrix, int[] labels, int classes, double[] parameters, double[] gradient) {
    int weights = parameters.length - classes;
    float[] weight = new float[weights];
    float[] bias = new float[classes];
    double penalty = 0;
    for (int j = 0; j < weights; j++) {
      weight[j] = (float) parameters[j];
      penalty += parameters[j] * parameters[j];
    }
    for (int k = 0; k < classes; k++) {
      bias[k] = (float) parameters[weights + k];
    }
    float[] scores = matrix.scores(weight, bias);
    double scale = 1.0 / labels.length;
    double loss = SoftmaxRows.lossAndGradient(scores, classes, labels, scale) * scale;
    matrix.backward(scores);
    float[] dweight = matrix.weightGradient();
    float[] dbias = matrix.biasGradient();
    for (int j = 0; j < weights; j++) {
      gradient[j] = dweight[j] + l2 * parameters[j];
    }
    for (int k = 0; k < classes; k++) {
      gradient[weights + k] = dbias[k];
    }
    return loss + 0.5 * l2 * penalty;
  }
}
