package org.octothorpe.cli.evaluate;

import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.inference.NetworkOutputs;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.eval.Accuracy;
import org.octothorpe.eval.HeldOutPenalty;
import org.octothorpe.eval.LinearClassifier;
import org.octothorpe.eval.LogisticRegression;
import org.octothorpe.eval.SoftmaxSgd;
import org.octothorpe.models.Network;

/**
 * A linear classifier on a network's frozen features.
 *
 * @param train images with classes, to fit it to
 * @param test images with classes, to measure it on
 * @param loading how to load either
 */
public record LinearProbe(Dataset train, Dataset test, Function<Dataset, LoaderOptions> loading) {
  /** A way to fit a classifier. */
  @FunctionalInterface
  public interface Solver {
    /** Fits a classifier to feature vectors x [N,D] of classes labels [N]. */
    LinearClassifier fit(Device device, float[] x, int[] labels, int classes);

    /** Full-batch logistic regression. */
    static Solver logistic(double l2, int iterations) {
      return new LogisticRegression(l2, iterations)::fit;
    }

    /** Full-batch logistic regression whose penalty is chosen on a held-out fifth. */
    static Solver logistic(int iterations) {
      return (device, x, labels, classes) ->
          new LogisticRegression(
                  HeldOutPenalty.choose(device, x, labels, classes, iterations), iterations)
              .fit(device, x, labels, classes);
    }

    /** Stochastic gradient descent. */
    static Solver sgd(double l2, double learningRate, int epochs, int batch, long seed) {
      return new SoftmaxSgd(l2, learningRate, epochs, batch, seed)::fit;
    }
  }

  /**
   * What a classifier achieved.
   *
   * @param accuracy of all images
   * @param lowerBound the same with contaminated images counted as wrong
   */
  public record Measured(Accuracy accuracy, Accuracy lowerBound) {}

  /** Computes the features, fits a classifier and measures it: top-1 and top-5. */
  public Accuracy measure(Network network, DType dtype, Solver solver) {
    return measure(network, dtype, solver, sample -> false).accuracy();
  }

  /**
   * Measures as above, and the lower bound.
   *
   * @param contaminated whether training has seen an image of the test set
   */
  public Measured measure(
      Network network, DType dtype, Solver solver, Predicate<Sample> contaminated) {
    NetworkOutputs x = features(network, dtype, train);
    LinearClassifier classifier =
        solver.fit(network.device(), x.values(), x.classes(train), train.classes());
    NetworkOutputs y = features(network, dtype, test);
    NetworkOutputs clean = y.where(index -> !contaminated.test(test.sample(index)));
    Accuracy lowerBound = classifier.test(clean.values(), clean.classes(test));
    lowerBound.addWrong(y.images() - clean.images());
    return new Measured(classifier.test(y.values(), y.classes(test)), lowerBound);
  }

  private NetworkOutputs features(Network network, DType dtype, Dataset data) {
    NetworkOutputs features = NetworkOutputs.features(network, dtype, loading.apply(data));
    if (features.notFinite() > 0) {
      throw new CommandFailure(
          String.format(
              Locale.ROOT,
              "the features of %,d of %,d images are NaN or infinite: no classifier fits them",
              features.notFinite(),
              features.images()));
    }
    return features;
  }
}
