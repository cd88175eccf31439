package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;

/** A batch of random logits with labels, and what a loss makes of them. */
final class LabelBatch implements AutoCloseable {
  final Device device;
  final int rows;
  final int classes;
  final int[] offsets;
  final int[] labels;
  final Tensor logits;
  final Tensor loss;
  final Tensor dlogits;
  private final Tensor offsetTensor;
  private final Tensor labelTensor;

  /** Prepares a loss for tensors. */
  @FunctionalInterface
  interface LossOperation {
    Call prepare(Tensor logits, Tensor offsets, Tensor labels, Tensor loss, Tensor dlogits);
  }

  /**
   * Makes a batch whose row b has b mod {@code most} labels more than {@code least}, every third
   * row its first label twice.
   *
   * @param least labels of the first row
   * @param most labels of the longest row, one less than it may have with the repeated label
   */
  LabelBatch(Device device, DType dtype, int rows, int classes, int least, int most) {
    this.device = device;
    this.rows = rows;
    this.classes = classes;
    SplittableRandom random = new SplittableRandom(rows * 31L + classes);
    offsets = new int[rows + 1];
    int[] drawn = new int[rows * (most + 2) + 1];
    int count = 0;
    for (int b = 0; b < rows; b++) {
      int k = rows == 1 ? most : least + b % (most - least + 1);
      for (int i = 0; i < k; i++) {
        drawn[count++] = random.nextInt(classes);
      }
      if (k > 0 && b % 3 == 2) {
        drawn[count] = drawn[count - k];
        count++;
      }
      offsets[b + 1] = count;
    }
    labels = Arrays.copyOf(drawn, Math.max(count, 1));
    logits = Values.random(device, dtype, Shape.of(rows, classes), 7, 8);
    loss = device.allocate(DType.F32, Shape.of(rows));
    dlogits = device.allocate(dtype, Shape.of(rows, classes));
    offsetTensor = device.allocate(DType.I32, Shape.of(rows + 1));
    labelTensor = device.allocate(DType.I32, Shape.of(labels.length));
    upload();
  }

  /** Copies offsets and labels to the device, after a test changed them. */
  void upload() {
    offsetTensor.copyFrom(offsets);
    labelTensor.copyFrom(labels);
  }

  /** Runs the loss to its end: a GPU sees what is wrong with labels only while it computes. */
  void run(LossOperation operation) {
    Workbench.run(operation.prepare(logits, offsetTensor, labelTensor, loss, dlogits));
    device.synchronize();
  }

  /**
   * Fails unless the labels are refused with a message that holds the texts.
   *
   * @param onTheCpu what the CPU says beside it: the operation, which a device that is asked later
   *     does not know
   */
  void expectRefusal(LossOperation operation, String onTheCpu, CharSequence... texts) {
    assertThatThrownBy(() -> run(operation))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(device.name().equals("cpu") ? onTheCpu : "")
        .hasMessageContainingAll(texts);
  }

  /** Returns the target of every class of a row: how often it is a label. */
  double[] counts(int row) {
    double[] counts = new double[classes];
    for (int i = offsets[row]; i < offsets[row + 1]; i++) {
      counts[labels[i]]++;
    }
    return counts;
  }

  @Override
  public void close() {
    for (Tensor tensor : new Tensor[] {logits, loss, dlogits, offsetTensor, labelTensor}) {
      tensor.close();
    }
  }
}
