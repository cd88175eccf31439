package org.octothorpe.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.octothorpe.Device;
import org.octothorpe.io.HostTensor;

/**
 * Cases of kind {@code net_train}: a whole small ResNeXt over a few steps, within {@link
 * NetTolerance}.
 */
final class NetTrainReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    NetCase net = new NetCase(golden);
    Map<String, double[]> results;
    try (NetOnDevice run = new NetOnDevice(device, precision.dtype(), net)) {
      results = NetRun.results(run, net);
    }
    NetTolerance tolerance = new NetTolerance(precision, net);
    List<Comparison> comparisons = new ArrayList<>();
    for (Map.Entry<String, HostTensor> entry : net.expected().entrySet()) {
      String key = entry.getKey();
      double[] actual = results.get(key);
      if (actual == null) {
        throw new IllegalArgumentException("the network has no result '" + key + "'");
      }
      double[] expected = entry.getValue().toDoubles();
      comparisons.add(Comparison.of(key, expected, actual, tolerance.of(key)));
    }
    return comparisons;
  }
}
