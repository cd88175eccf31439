package org.octothorpe.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of a model by torchvision key, such as {@code layer1.0.conv2.weight}, in order.
 *
 * <p>A {@code module.} before every key, which data-parallel training leaves, is taken off.
 */
public final class StateDict {
  private static final String PARALLEL = "module.";
  private static final String BATCHES = "num_batches_tracked";

  private final String source;
  private final Map<String, HostTensor> tensors;

  private StateDict(String source, Map<String, HostTensor> tensors) {
    this.source = source;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /** Returns a state dict with the tensors of a map, in its order. */
  public static StateDict of(Map<String, HostTensor> tensors) {
    return of("state dict", tensors);
  }

  /** Returns the state dict of a file, which messages then name. */
  static StateDict of(String source, Map<String, HostTensor> tensors) {
    boolean parallel =
        !tensors.isEmpty() && tensors.keySet().stream().allMatch(key -> key.startsWith(PARALLEL));
    Map<String, HostTensor> copy = new LinkedHashMap<>();
    tensors.forEach(
        (key, value) -> copy.put(parallel ? key.substring(PARALLEL.length()) : key, value));
    return new StateDict(source, copy);
  }

  /** Returns the keys, in order. */
  public Set<String> keys() {
    return tensors.keySet();
  }

  /** Returns the number of tensors. */
  public int size() {
    return tensors.size();
  }

  /** Returns whether there is a tensor of that key. */
  public boolean contains(String key) {
    return tensors.containsKey(key);
  }

  /**
   * Returns the tensor of a key.
   *
   * @throws IllegalArgumentException if there is none
   */
  public HostTensor get(String key) {
    HostTensor tensor = tensors.get(key);
    if (tensor == null) {
      throw new IllegalArgumentException(this + " has no '" + key + "'");
    }
    return tensor;
  }

  /** Returns an unmodifiable view as a map, in order. */
  public Map<String, HostTensor> asMap() {
    return tensors;
  }

  /** Returns the tensors whose keys start with a prefix, under the rest of their keys. */
  public StateDict under(String prefix) {
    Map<String, HostTensor> selected = new LinkedHashMap<>();
    tensors.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            selected.put(key.substring(prefix.length()), value);
          }
        });
    return new StateDict(source, selected);
  }

  /**
   * Returns the tensors that a model expects, in the order of the expectation; strict: every key
   * and every shape must agree.
   *
   * <p>Only {@code num_batches_tracked}, which no computation reads, may be missing or unexpected.
   *
   * @param model the model's name, for the message
   * @param expected the extents by key
   * @throws StateMismatchException if a key is missing or unexpected or a shape differs; it names
   *     all
   */
  public StateDict strict(String model, Map<String, long[]> expected) {
    Map<String, HostTensor> selected = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    List<String> mismatched = new ArrayList<>();
    expected.forEach(
        (key, shape) -> {
          HostTensor tensor = tensors.get(key);
          if (tensor != null && Arrays.equals(tensor.shape(), shape)) {
            selected.put(key, tensor);
          } else if (tensor != null) {
            mismatched.add(
                String.format(
                    Locale.ROOT,
                    "%s is %s, must be %s",
                    key,
                    Extents.text(tensor.shape()),
                    Extents.text(shape)));
          } else if (!isOptional(key)) {
            missing.add(key);
          }
        });
    List<String> unexpected =
        keys().stream().filter(key -> !expected.containsKey(key) && !isOptional(key)).toList();
    if (!missing.isEmpty() || !unexpected.isEmpty() || !mismatched.isEmpty()) {
      throw new StateMismatchException(source, model, missing, unexpected, mismatched);
    }
    return new StateDict(source, selected);
  }

  private static boolean isOptional(String key) {
    return key.equals(BATCHES) || key.endsWith("." + BATCHES);
  }

  @Override
  public String toString() {
    return source + " of " + size() + " tensors";
  }
}
