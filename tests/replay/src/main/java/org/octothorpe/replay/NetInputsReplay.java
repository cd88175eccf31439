package org.octothorpe.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.octothorpe.Device;
import org.octothorpe.io.HostTensor;

/**
 * Files of kind {@code net_inputs}: batches that other cases name. Nothing is computed; every
 * tensor must hold numbers, and labels must be in range.
 */
final class NetInputsReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    List<Comparison> comparisons = new ArrayList<>();
    long classes = golden.parameter("classes").asLong();
    for (Map.Entry<String, HostTensor> entry : golden.tensors().entrySet()) {
      double[] values = entry.getValue().toDoubles();
      boolean labels = entry.getKey().startsWith("labels");
      double wrong = 0;
      for (double value : values) {
        boolean good = labels ? value >= -1 && value < classes : Double.isFinite(value);
        wrong += good ? 0 : 1;
      }
      comparisons.add(new Comparison(entry.getKey(), wrong, wrong, 0, wrong == 0));
    }
    return comparisons;
  }
}
