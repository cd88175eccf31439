package org.octothorpe.bench;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Call;
import org.octothorpe.ops.SoftmaxCrossEntropy;
import org.openjdk.jmh.annotations.Benchmark;
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

/** Loss and gradient of the multi-label softmax cross-entropy. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@NullUnmarked
public class SoftmaxCrossEntropyBench {
  /** Rows, classes, labels of each row: BxVxk. */
  @Param("256x17000x3")
  public String shape;

  /** Type of the logits. */
  @Param({"F32", "BF16"})
  public DType dtype;

  /** CPU threads. */
  @Param({"1", "2"})
  public int threads;

  private Device device;
  private Tensor[] tensors;
  private Call call;

  /** Makes the tensors and binds the call. */
  @Setup(Level.Trial)
  public void open() {
    long[] extents = Inputs.extents(shape);
    int rows = Math.toIntExact(extents[0]);
    int classes = Math.toIntExact(extents[1]);
    int each = Math.toIntExact(extents[2]);
    device = Device.open("cpu", new DeviceOptions(threads, false));
    Tensor logits = Inputs.random(device, dtype, 8, rows, classes);
    Tensor dlogits = Inputs.random(device, dtype, 8, rows, classes);
    Tensor offsets = Inputs.offsets(device, rows, each);
    Tensor labels = Inputs.randomInts(device, classes, rows * each);
    Tensor loss = Inputs.random(device, DType.F32, 1, rows);
    tensors = new Tensor[] {logits, dlogits, offsets, labels, loss};
    call =
        SoftmaxCrossEntropy.forwardBackward(
            device, logits, offsets, labels, 1f / rows, loss, dlogits);
  }

  /** Loss and gradient of the batch. */
  @Benchmark
  public void lossAndGradient() {
    call.run();
  }

  /** Frees everything. */
  @TearDown(Level.Trial)
  public void close() {
    for (Tensor tensor : tensors) {
      tensor.close();
    }
    device.close();
  }
}
