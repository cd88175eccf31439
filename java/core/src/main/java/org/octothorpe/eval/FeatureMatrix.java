package org.octothorpe.eval;

import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Linear;

/**
 * Feature vectors x [N,D] on a device, with the two products that fitting a linear classifier of K
 * classes needs. F32.
 */
final class FeatureMatrix implements AutoCloseable {
  private final Tensor x;
  private final Tensor weight;
  private final Tensor bias;
  private final Tensor scores;
  private final Tensor dweight;
  private final Tensor dbias;
  private final Call forward;
  private final Call backward;
  private final @Nullable Tensor workspace;

  FeatureMatrix(Device device, int rows, int features, int classes) {
    this.x = device.allocate(DType.F32, Shape.of(rows, features));
    this.weight = device.allocate(DType.F32, Shape.of(classes, features));
    this.bias = device.allocate(DType.F32, Shape.of(classes));
    this.scores = device.allocate(DType.F32, Shape.of(rows, classes));
    this.dweight = device.allocate(DType.F32, Shape.of(classes, features));
    this.dbias = device.allocate(DType.F32, Shape.of(classes));
    this.forward = Linear.forward(x, weight, bias, scores);
    this.backward = Linear.backwardWeight(x, scores, dweight, dbias);
    long bytes = Math.max(forward.workspaceBytes(), backward.workspaceBytes());
    this.workspace = bytes == 0 ? null : device.allocate(DType.U8, Shape.of(bytes));
    forward.bind(workspace);
    backward.bind(workspace);
  }

  /** Sets the feature vectors. */
  void features(float[] values) {
    x.copyFrom(values);
  }

  /** Returns x weight^T + bias, [N,K]. */
  float[] scores(float[] newWeight, float[] newBias) {
    weight.copyFrom(newWeight);
    bias.copyFrom(newBias);
    forward.run();
    return scores.toFloats();
  }

  /**
   * Takes the gradient with respect to the scores, [N,K]; {@link #weightGradient()} and the other
   * follow.
   */
  void backward(float[] dscores) {
    scores.copyFrom(dscores);
    backward.run();
  }

  /** Returns the gradient with respect to the weight, [K,D]. */
  float[] weightGradient() {
    return dweight.toFloats();
  }

  /** Returns the gradient with respect to the bias, [K]. */
  float[] biasGradient() {
    return dbias.toFloats();
  }

  @Override
  public void close() {
    forward.close();
    backward.close();
    for (Tensor tensor : new Tensor[] {x, weight, bias, scores, dweight, dbias}) {
      tensor.close();
    }
    if (workspace != null) {
      workspace.close();
    }
  }
}
