package org.octothorpe.eval;

import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.dense.DenseCall;
import org.octothorpe.Pass;
import org.octothorpe.Call;

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
  private final DenseCall forward;
  private final DenseCall backward;
  private final @Nullable Tensor workspace;
  private final Call runForward;
  private final Call runBackward;

  FeatureMatrix(Device device, int rows, int features, int classes) {
    this.x = device.allocate(DType.F32, Shape.of(rows, features));
    this.weight = device.allocate(DType.F32, Shape.of(classes, features));
    this.bias = device.allocate(DType.F32, Shape.of(classes));
    this.scores = device.allocate(DType.F32, Shape.of(rows, classes));
    this.dweight = device.allocate(DType.F32, Shape.of(classes, features));
    this.dbias = device.allocate(DType.F32, Shape.of(classes));
    this.forward =
        device.dense().linear(Pass.FORWARD, rows, features, classes, DType.F32, true);
    this.backward =
        device.dense().linear(Pass.BACKWARD_WEIGHT, rows, features, classes, DType.F32, true);
    long bytes = Math.max(forward.workspaceBytes(), backward.workspaceBytes());
    this.workspace = bytes == 0 ? null : device.allocate(DType.U8, Shape.of(bytes));
    this.runForward = forward.bind(x, weight, bias, scores, workspace);
    this.runBackward = backward.bind(x, scores, dbias, dweight, workspace);
  }

  /** Sets the feature vectors. */
  void features(float[] values) {
    x.copyFrom(values);
  }

  /** Returns x weight^T + bias, [N,K]. */
  float[] scores(float[] newWeight, float[] newBias) {
    weight.copyFrom(newWeight);
    bias.copyFrom(newBias);
    runForward.run();
    return scores.toFloats();
  }

  /** Takes the gradient by the scores, [N,K]; {@link #weightGradient()} and the other follow. */
  void backward(float[] dscores) {
    scores.copyFrom(dscores);
    runBackward.run();
  }

  /** Returns the gradient by the weight, [K,D]. */
  float[] weightGradient() {
    return dweight.toFloats();
  }

  /** Returns the gradient by the bias, [K]. */
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
