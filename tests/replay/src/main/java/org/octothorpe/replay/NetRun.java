package org.octothorpe.replay;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.octothorpe.io.HostTensor;

/** A network that a case of kind {@code net_train} can be run on: the device's or the naive one. */
interface NetRun {
  /** Returns the logits [N,V] of pixels [N,3,H,W], by the running statistics. */
  double[] inference(HostTensor pixels);

  /** Takes a training step and returns the logits before it. */
  double[] step(HostTensor pixels, PaddedLabels labels);

  /** Returns the loss of the last step. */
  double loss();

  /** Returns the gradients of the last step, filters [K,C,R,S]. */
  Map<String, double[]> gradients();

  /** Returns parameters and running statistics, filters [K,C,R,S]. */
  Map<String, double[]> state();

  /** Takes all steps of a case and returns those results that it has expectations of, by name. */
  static Map<String, double[]> results(NetRun run, NetCase net) {
    Set<String> wanted = net.expected().keySet();
    Map<String, double[]> results = new LinkedHashMap<>();
    results.put("eval_logits_init", run.inference(net.pixels(1)));
    double[] losses = new double[net.steps()];
    double[] logits = {};
    for (int step = 1; step <= net.steps(); step++) {
      double[] batch = run.step(net.pixels(step), net.labels(step));
      logits = step == 1 ? new double[net.steps() * batch.length] : logits;
      System.arraycopy(batch, 0, logits, (step - 1) * batch.length, batch.length);
      losses[step - 1] = run.loss();
      put(results, "grad_step" + step + "/", run.gradients(), wanted);
      put(results, "after" + step + "_bn/", run.state(), wanted);
      put(results, "after" + step + "/", run.state(), wanted);
    }
    results.put("logits_steps", logits);
    results.put("losses", losses);
    results.put("eval_logits_after" + net.steps(), run.inference(net.pixels(1)));
    return results;
  }

  private static void put(
      Map<String, double[]> results,
      String prefix,
      Map<String, double[]> tensors,
      Set<String> wanted) {
    tensors.forEach(
        (key, values) -> {
          if (wanted.contains(prefix + key)) {
            results.put(prefix + key, values.clone());
          }
        });
  }
}
