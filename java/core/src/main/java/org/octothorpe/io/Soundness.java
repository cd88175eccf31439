package org.octothorpe.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The check of weights for values that no computation survives. */
final class Soundness {
  private static final String VARIANCE = ".running_var";

  private Soundness() {}

  /**
   * Returns what is wrong: the keys whose values are NaN or infinite as F32, or variances below 0,
   * and how many values they are; empty if nothing is.
   */
  static String fault(Map<String, HostTensor> tensors) {
    List<String> faults = new ArrayList<>();
    tensors.forEach(
        (key, tensor) -> {
          if (tensor.dtype().isFloat() && !StateDict.isOptional(key)) {
            int notFinite = tensor.notFinite();
            int negative = key.endsWith(VARIANCE) ? tensor.negative() : 0;
            if (notFinite > 0) {
              faults.add(
                  String.format(
                      Locale.ROOT,
                      "%s has %d of %d that are not finite (NaN or infinite)",
                      key,
                      notFinite,
                      tensor.elements()));
            }
            if (negative > 0) {
              faults.add(
                  String.format(
                      Locale.ROOT,
                      "%s has %d of %d that are negative, but variances must be >= 0",
                      key,
                      negative,
                      tensor.elements()));
            }
          }
        });
    return faults.isEmpty()
        ? ""
        : "its values are unusable, as training that diverged leaves them: "
            + StateDict.listed(faults);
  }
}
