package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Convert;

/**
 * The state of a network on a device: every trained entry is a view of one flat array, so that the
 * optimizer is one call.
 *
 * <p>F32 masters always; gradients, momentum and BF16 copies are made when first asked for. Entries
 * start at multiples of 64 bytes.
 */
public final class Parameters implements AutoCloseable {
  private static final int GRANULE = 16;

  private final Device device;
  private final Map<String, ParameterSpec> specs = new LinkedHashMap<>();
  private final Map<String, Long> offsets = new LinkedHashMap<>();
  private final Tensor trained;
  private final Tensor statistics;
  private final Map<String, Tensor> values = new LinkedHashMap<>();
  private final Map<String, Tensor> gradients = new LinkedHashMap<>();
  private final Map<String, Tensor> bf16Values = new LinkedHashMap<>();
  private final List<Tensor> owned = new ArrayList<>();
  private @Nullable Tensor gradient;
  private @Nullable Tensor momentum;
  private @Nullable Tensor bf16;
  private long trainedBatches;
  private boolean closed;

  /** Allocates the state, uninitialized. */
  public Parameters(Device device, List<ParameterSpec> entries) {
    this.device = device;
    long trainedCount = 0;
    long statisticCount = 0;
    for (ParameterSpec spec : entries) {
      specs.put(spec.key(), spec);
      long room = (spec.shape().elements() + GRANULE - 1) / GRANULE * GRANULE;
      if (spec.role().trained()) {
        offsets.put(spec.key(), trainedCount);
        trainedCount += room;
      } else {
        offsets.put(spec.key(), statisticCount);
        statisticCount += room;
      }
    }
    this.trained = own(DType.F32, Math.max(trainedCount, GRANULE));
    this.statistics = own(DType.F32, Math.max(statisticCount, GRANULE));
    trained.zero();
    statistics.zero();
    for (ParameterSpec spec : entries) {
      Tensor whole = spec.role().trained() ? trained : statistics;
      values.put(spec.key(), whole.view(offset(spec.key()), spec.shape()));
    }
  }

  /**
   * Throws unless the network and its device are open.
   *
   * @throws IllegalStateException that names the one that was
   */
  public void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the network is used after close");
    }
    device.contextAddress();
  }

  /** Returns the device. */
  public Device device() {
    return device;
  }

  /** Returns the entries in the order of the network. */
  public List<ParameterSpec> specs() {
    return List.copyOf(specs.values());
  }

  /** Returns the number of trained values, without padding. */
  public long count() {
    return specs.values().stream()
        .filter(s -> s.role().trained())
        .mapToLong(s -> s.shape().elements())
        .sum();
  }

  /** Returns the F32 master of an entry, or a running statistic. */
  public Tensor value(String key) {
    requireOpen();
    return find(values, key);
  }

  /** Returns a weight in the type that kernels want: the master, or its BF16 copy. */
  public Tensor weight(String key, DType dtype) {
    requireOpen();
    if (dtype == DType.F32) {
      return value(key);
    }
    if (bf16 == null) {
      bf16 = own(DType.BF16, trained.shape().elements());
      bf16.zero();
      for (ParameterSpec spec : specs.values()) {
        if (spec.role().trained()) {
          bf16Values.put(spec.key(), bf16.view(offset(spec.key()), spec.shape()));
        }
      }
      refreshCopies();
    }
    return find(bf16Values, key);
  }

  /** Returns the F32 gradient of a trained entry. */
  public Tensor gradient(String key) {
    flatGradient();
    return find(gradients, key);
  }

  /** Returns the momentum of a trained entry as a new view, F32; zeros before the first step. */
  public Tensor momentum(String key) {
    return flatMomentum().view(offset(key), spec(key).shape());
  }

  /** Returns the entry of a key. */
  public ParameterSpec spec(String key) {
    return find(specs, key);
  }

  /**
   * Returns all masters as one array; entries are padded with zeros to {@value #GRANULE} values.
   */
  public Tensor flatValues() {
    requireOpen();
    return trained;
  }

  /** Returns all gradients, laid out as {@link #flatValues()}. */
  public Tensor flatGradient() {
    requireOpen();
    if (gradient == null) {
      gradient = own(DType.F32, trained.shape().elements());
      gradient.zero();
      for (ParameterSpec spec : specs.values()) {
        if (spec.role().trained()) {
          gradients.put(spec.key(), gradient.view(offset(spec.key()), spec.shape()));
        }
      }
    }
    return gradient;
  }

  /** Returns all momentum buffers, laid out as {@link #flatValues()}. */
  public Tensor flatMomentum() {
    requireOpen();
    if (momentum == null) {
      momentum = own(DType.F32, trained.shape().elements());
      momentum.zero();
    }
    return momentum;
  }

  /**
   * Returns the BF16 copies, laid out as {@link #flatValues()}; null before a plan in BF16 was
   * made.
   */
  public @Nullable Tensor flatBf16() {
    return bf16;
  }

  /**
   * Brings the BF16 copies up to date after the masters were written by other means than the
   * optimizer.
   */
  public void refreshCopies() {
    if (bf16 != null) {
      try (Call copy = Convert.forward(trained, bf16)) {
        copy.run();
      }
    }
  }

  /**
   * Returns the number of batches that the running statistics have seen, torch's {@code
   * num_batches_tracked}.
   */
  public long trainedBatches() {
    return trainedBatches;
  }

  /** Sets the number of batches that the running statistics have seen. */
  public void setTrainedBatches(long count) {
    trainedBatches = count;
  }

  /** Returns the offset of an entry in its flat array, in values. */
  public long offset(String key) {
    return find(offsets, key);
  }

  /**
   * The flat array cut into stretches of one weight decay each.
   *
   * @param ends where each segment ends; the last is the length of {@link #flatValues()}
   * @param decays its weight decay
   */
  @SuppressWarnings("ArrayRecordComponent") // read once, by who asked
  public record Segments(long[] ends, float[] decays) {}

  /**
   * Returns one segment per trained entry.
   *
   * @param norms whether the weights and biases of batch norms decay too
   */
  public Segments segments(double weightDecay, boolean norms) {
    List<ParameterSpec> entries = specs.values().stream().filter(s -> s.role().trained()).toList();
    long[] ends = new long[entries.size()];
    float[] decays = new float[entries.size()];
    for (int i = 0; i < ends.length; i++) {
      boolean last = i + 1 == ends.length;
      ends[i] = last ? trained.shape().elements() : offset(entries.get(i + 1).key());
      boolean decayed = entries.get(i).role() != ParameterSpec.Role.NORM || norms;
      decays[i] = decayed ? (float) weightDecay : 0;
    }
    return new Segments(ends, decays);
  }

  private Tensor own(DType dtype, long elements) {
    Tensor tensor = device.allocate(dtype, Shape.of(elements));
    owned.add(tensor);
    return tensor;
  }

  private static <T> T find(Map<String, T> map, String key) {
    T found = map.get(key);
    if (found == null) {
      throw new IllegalArgumentException("there is no parameter '" + key + "'");
    }
    return found;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      values.values().forEach(Tensor::close);
      gradients.values().forEach(Tensor::close);
      bf16Values.values().forEach(Tensor::close);
      owned.forEach(Tensor::close);
    }
  }
}
