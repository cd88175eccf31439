package org.octothorpe.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A benchmark of the passes of one operation on a layer: the calls and the tensors that they are
 * bound to. The kernels are this library's own.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@NullUnmarked
public abstract class OperationBench {
  /** CPU threads. */
  @Param({"1", "2"})
  public int threads;

  /** The device that everything runs on. */
  protected Device device;

  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Call> calls = new ArrayList<>();

  /** Makes the tensors and the calls. */
  protected abstract void prepare();

  /** Opens the device and prepares the calls. */
  @Setup(Level.Trial)
  public void open() {
    device = Device.open("cpu", new DeviceOptions(threads, true));
    prepare();
  }

  /** Frees everything. */
  @TearDown(Level.Trial)
  public void close() {
    calls.forEach(Call::close);
    tensors.forEach(Tensor::close);
    device.close();
  }

  /** Runs a call once, so that it is bound and its memory is touched, and returns it. */
  protected Call ready(Call call) {
    calls.add(call);
    call.run();
    return call;
  }

  /** Returns a tensor of values in [-1, 1). */
  protected Tensor random(DType dtype, long... extents) {
    Tensor tensor = Inputs.random(device, dtype, 1, extents);
    tensors.add(tensor);
    return tensor;
  }

  /** Returns a tensor of zeros. */
  protected Tensor zeros(DType dtype, long... extents) {
    Tensor tensor = device.allocate(dtype, Shape.of(extents));
    tensor.zero();
    tensors.add(tensor);
    return tensor;
  }

  /** Returns a tensor of unspecified values. */
  protected Tensor empty(DType dtype, long... extents) {
    Tensor tensor = device.allocate(dtype, Shape.of(extents));
    tensors.add(tensor);
    return tensor;
  }

  /** Returns logits in [-8, 8). */
  protected Tensor logits(DType dtype, long rows, long classes) {
    Tensor tensor = Inputs.random(device, dtype, 8, rows, classes);
    tensors.add(tensor);
    return tensor;
  }

  /** Returns the offsets of {@code rows} rows of {@code each} labels. */
  protected Tensor offsets(int rows, int each) {
    Tensor tensor = Inputs.offsets(device, rows, each);
    tensors.add(tensor);
    return tensor;
  }

  /** Returns random labels in [0, classes). */
  protected Tensor labels(int classes, int count) {
    Tensor tensor = Inputs.randomInts(device, classes, count);
    tensors.add(tensor);
    return tensor;
  }

  /** Returns the extents of a batch from those of one image. */
  protected static long[] batch(int images, String shape) {
    long[] extents = Inputs.extents(shape);
    extents[0] = images;
    return extents;
  }
}
