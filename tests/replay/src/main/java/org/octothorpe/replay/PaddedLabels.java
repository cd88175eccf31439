package org.octothorpe.replay;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.io.HostTensor;

/** Labels that a case pads with -1, in CSR form. */
final class PaddedLabels {
  private final int[] offsets;
  private final int[] ids;

  private PaddedLabels(int[] offsets, int[] ids) {
    this.offsets = offsets;
    this.ids = ids;
  }

  /**
   * Converts labels [B,L].
   *
   * @param weights [B,L], which must be 1/k on each of a row's k labels: the contract has no others
   */
  static PaddedLabels of(HostTensor labels, HostTensor weights) {
    int rows = Math.toIntExact(labels.shape()[0]);
    int width = Math.toIntExact(labels.shape()[1]);
    long[] values = labels.toLongs();
    double[] masses = weights.toDoubles();
    int[] offsets = new int[rows + 1];
    List<Integer> ids = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      for (int i = row * width; i < (row + 1) * width; i++) {
        if (values[i] >= 0) {
          ids.add(Math.toIntExact(values[i]));
        }
      }
      offsets[row + 1] = ids.size();
      int count = ids.size() - offsets[row];
      for (int i = row * width; i < (row + 1) * width; i++) {
        double wanted = values[i] >= 0 ? 1.0 / count : 0;
        if (Math.abs(masses[i] - wanted) > 1e-12) {
          throw new IllegalArgumentException(
              "row "
                  + row
                  + " has the label weight "
                  + masses[i]
                  + ", but the library's is 1/k, "
                  + wanted);
        }
      }
    }
    return new PaddedLabels(offsets, ids.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Returns how often each class is a label of a row. */
  double[] counts(int row, int classes) {
    double[] counts = new double[classes];
    for (int i = offsets[row]; i < offsets[row + 1]; i++) {
      counts[ids[i]]++;
    }
    return counts;
  }

  /** Row i has the ids [offsets[i], offsets[i + 1]). */
  int[] offsets() {
    return offsets;
  }

  int[] ids() {
    return ids;
  }
}
