package org.octothorpe.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.octothorpe.DType;

/**
 * The tensors of a model by torchvision key, such as {@code layer1.0.conv2.weight}, in order.
 *
 * <p>{@link #strict} finds the keys of a model under a common prefix too, such as the {@code
 * module.} that data-parallel training leaves.
 */
public final class StateDict {
  private static final String BATCHES = "num_batches_tracked";

  /** The entries of a list that a remark spells out. */
  private static final int NAMED = 8;

  private final String source;
  private final Map<String, HostTensor> tensors;

  /** What the entries hold that are not tensors. */
  private final Map<String, String> others;

  private final List<String> remarks;

  StateDict(
      String source,
      Map<String, HostTensor> tensors,
      Map<String, String> others,
      List<String> remarks) {
    this.source = source;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.others = others;
    this.remarks = List.copyOf(remarks);
  }

  /** Returns a state dict with the tensors of a map, in its order. */
  public static StateDict of(Map<String, HostTensor> tensors) {
    return of("state dict", tensors);
  }

  /** Returns the state dict of a file, which messages then name. */
  static StateDict of(String source, Map<String, HostTensor> tensors) {
    return new StateDict(source, new LinkedHashMap<>(tensors), Map.of(), List.of());
  }

  /**
   * Returns what a user should know of how the tensors were found and fitted: which of several sets
   * was taken, what was taken off the keys, what was left aside or converted. Empty if they were
   * taken as they stand.
   */
  public List<String> remarks() {
    return remarks;
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
    return new StateDict(source, selected, Map.of(), remarks);
  }

  /**
   * Returns the tensors that a model expects, in the order of the expectation; strict: every key
   * and every shape must agree.
   *
   * <p>If all keys of the model stand under one prefix, it is taken off and what is not under it is
   * left aside. {@code num_batches_tracked}, which no computation reads, may be missing or
   * unexpected, and so may tensors of integers or truth values. {@link #remarks} of the result says
   * what was done.
   *
   * @param model the model's name, for the message
   * @param expected the extents by key
   * @throws StateMismatchException if a key is missing or unexpected, a shape differs or a type is
   *     not floating-point; it names all
   */
  public StateDict strict(String model, Map<String, long[]> expected) {
    Set<String> required =
        expected.keySet().stream()
            .filter(key -> !isOptional(key))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    KeyPrefix prefix = KeyPrefix.find(source, tensors.keySet(), required);
    Map<String, HostTensor> selected = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    List<String> mismatched = new ArrayList<>();
    expected.forEach(
        (key, shape) -> {
          HostTensor tensor = tensors.get(prefix.text() + key);
          if (tensor == null) {
            if (!isOptional(key)) {
              missing.add(missing(prefix.text() + key));
            }
          } else if (fits(key, tensor, shape)) {
            selected.put(key, tensor);
          } else {
            mismatched.add(mismatch(prefix.text() + key, tensor, shape));
          }
        });
    List<String> unexpected = new ArrayList<>();
    List<String> aside = new ArrayList<>();
    for (Map.Entry<String, HostTensor> entry : tensors.entrySet()) {
      String key = entry.getKey();
      boolean inside = key.startsWith(prefix.text());
      String bare = inside ? key.substring(prefix.text().length()) : key;
      if (inside && (expected.containsKey(bare) || isOptional(bare))) {
        continue;
      }
      (inside && entry.getValue().dtype().isFloat() ? unexpected : aside).add(key);
    }
    if (!missing.isEmpty() || !unexpected.isEmpty() || !mismatched.isEmpty()) {
      throw new StateMismatchException(source, model, missing, unexpected, mismatched);
    }
    List<String> all = new ArrayList<>(remarks);
    all.addAll(prefix.remarks(required.size()));
    if (!aside.isEmpty()) {
      all.add("left aside: " + listed(aside));
    }
    all.addAll(conversions(selected));
    return new StateDict(source, selected, Map.of(), all);
  }

  /** A count fits as any number; its axes may be any of one element. */
  private static boolean fits(String key, HostTensor tensor, long[] shape) {
    return isOptional(key)
        ? tensor.elements() == 1
        : Arrays.equals(tensor.shape(), shape) && tensor.dtype().isFloat();
  }

  private static String mismatch(String key, HostTensor tensor, long[] shape) {
    return Arrays.equals(tensor.shape(), shape)
        ? "%s is of %s, must be of a floating-point type".formatted(key, tensor.dtype())
        : "%s is %s, must be %s".formatted(key, Extents.text(tensor.shape()), Extents.text(shape));
  }

  private String missing(String key) {
    String other = others.get(key);
    return other == null ? key : key + ", which is " + other;
  }

  private static List<String> conversions(Map<String, HostTensor> tensors) {
    Map<DType, Integer> counts = new EnumMap<>(DType.class);
    tensors.forEach(
        (key, tensor) -> {
          if (!isOptional(key) && tensor.dtype() != DType.F32) {
            counts.merge(tensor.dtype(), 1, Integer::sum);
          }
        });
    return counts.entrySet().stream()
        .map(
            entry ->
                String.format(
                    Locale.ROOT, "converted to F32: %d of %s", entry.getValue(), entry.getKey()))
        .toList();
  }

  /** Returns names as a remark lists them: the first few, and how many there are. */
  static String listed(List<String> names) {
    String first = String.join(", ", names.subList(0, Math.min(NAMED, names.size())));
    int rest = names.size() - NAMED;
    return rest > 0 ? first + " and " + rest + " more" : first;
  }

  /**
   * Returns this, if all its values can be computed with.
   *
   * @throws IllegalArgumentException if there are NaN, infinite values or negative variances; it
   *     names the keys and how many
   */
  public StateDict requireSound() {
    String fault = Soundness.fault(tensors);
    if (!fault.isEmpty()) {
      throw new IllegalArgumentException(source + ": " + fault);
    }
    return this;
  }

  /** Returns whether nothing is computed from the tensor of a key. */
  static boolean isOptional(String key) {
    return key.equals(BATCHES) || key.endsWith("." + BATCHES);
  }

  @Override
  public String toString() {
    return source + " of " + size() + " tensors";
  }
}
