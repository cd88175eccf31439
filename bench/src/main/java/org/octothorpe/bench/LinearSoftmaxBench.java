package org.octothorpe.bench;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.dense.DensePass;
import org.octothorpe.ops.Call;
import org.octothorpe.ops.Linear;
import org.octothorpe.ops.LinearSoftmax;
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

/**
 * Loss and gradients of a head: fused (10 B D V operations, logits of a chunk) against the linear
 * layer's passes and the loss one after the other (6 B D V, all logits).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@NullUnmarked
public class LinearSoftmaxBench {
  /** Rows, inputs, classes, classes of a chunk, labels of each row: BxDxVxchunkxk. */
  @Param("64x2048x17000x4096x3")
  public String shape;

  /** Type of x and weight. */
  @Param({"F32", "BF16"})
  public DType dtype;

  /** Fused, or the parts one after the other. */
  @Param({"fused", "parts"})
  public String way;

  /** CPU threads. */
  @Param({"1", "2"})
  public int threads;

  private Device device;
  private Tensor[] tensors;
  private Call[] calls;

  /** Makes the tensors and binds the calls. */
  @Setup(Level.Trial)
  public void open() {
    long[] extents = Inputs.extents(shape);
    int b = Math.toIntExact(extents[0]);
    long d = extents[1];
    int v = Math.toIntExact(extents[2]);
    long chunk = extents[3];
    int each = Math.toIntExact(extents[4]);
    device = Device.open("cpu", new DeviceOptions(threads, false));
    long bytes = LinearSoftmax.workspaceBytes(device, b, d, v, chunk, dtype);
    for (DensePass pass : DensePass.values()) {
      bytes = Math.max(bytes, Linear.workspaceBytes(device, pass, b, d, v, dtype));
    }
    Tensor x = Inputs.random(device, dtype, 1, b, d);
    Tensor weight = Inputs.random(device, dtype, 1, v, d);
    Tensor bias = Inputs.random(device, DType.F32, 1, v);
    Tensor offsets = Inputs.offsets(device, b, each);
    Tensor labels = Inputs.randomInts(device, v, b * each);
    Tensor loss = Inputs.random(device, DType.F32, 1, b);
    Tensor dx = Inputs.random(device, dtype, 1, b, d);
    Tensor dweight = Inputs.random(device, DType.F32, 1, v, d);
    Tensor dbias = Inputs.random(device, DType.F32, 1, v);
    Tensor workspace = device.allocate(DType.U8, Shape.of(bytes));
    Tensor logits = Inputs.random(device, dtype, 1, b, v);
    float scale = 1f / b;
    calls =
        way.equals("fused")
            ? new Call[] {
              LinearSoftmax.forwardBackward(
                  device, x, weight, bias, offsets, labels, scale, chunk, loss, dx, dweight, dbias,
                  workspace)
            }
            : new Call[] {
              Linear.forward(device, x, weight, bias, logits, workspace),
              SoftmaxCrossEntropy.forwardBackward(
                  device, logits, offsets, labels, scale, loss, logits),
              Linear.backwardData(device, logits, weight, dx, workspace),
              Linear.backwardWeight(device, x, logits, dweight, dbias, workspace)
            };
    tensors =
        new Tensor[] {
          x, weight, bias, offsets, labels, loss, dx, dweight, dbias, workspace, logits
        };
  }

  /** Loss and gradients of the batch. */
  @Benchmark
  public void lossAndGradients() {
    for (Call call : calls) {
      call.run();
    }
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
