package org.octothorpe.bench;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Pass;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Linear;
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
 * The passes of a fully connected layer, 2 B D V operations each: this library's matrix product
 * against oneDNN's.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@NullUnmarked
public class LinearBench {
  /** Rows, inputs, outputs: BxDxV. */
  @Param("256x2048x1501")
  public String shape;

  /** Type of x, weight and y. */
  @Param({"F32", "BF16"})
  public DType dtype;

  /** The pass. */
  @Param({"FORWARD", "BACKWARD_DATA", "BACKWARD_WEIGHT"})
  public Pass pass;

  /** Whose kernels. */
  @Param({"octothorpe", "oneDNN"})
  public String kernels;

  /** CPU threads. */
  @Param({"1", "2"})
  public int threads;

  private Device device;
  private Tensor[] tensors;
  private Call call;

  /** Makes the tensors and the call. */
  @Setup(Level.Trial)
  public void open() {
    long[] extents = Inputs.extents(shape);
    long b = extents[0];
    long d = extents[1];
    long v = extents[2];
    device = Device.open("cpu", new DeviceOptions(threads, kernels.equals("octothorpe")));
    DType weightType = pass == Pass.BACKWARD_WEIGHT ? DType.F32 : dtype;
    Tensor x = Inputs.random(device, dtype, 1, b, d);
    Tensor weight = Inputs.random(device, weightType, 1, v, d);
    Tensor y = Inputs.random(device, dtype, 1, b, v);
    tensors = new Tensor[] {x, weight, y};
    call =
        switch (pass) {
          case FORWARD -> Linear.forward(x, weight, null, y);
          case BACKWARD_DATA -> Linear.backwardData(y, weight, x);
          case BACKWARD_WEIGHT -> Linear.backwardWeight(x, y, weight, null);
        };
    Inputs.requireProvider(call, kernels);
    call.run();
  }

  /** One pass. */
  @Benchmark
  public void pass() {
    call.run();
  }

  /** Frees everything. */
  @TearDown(Level.Trial)
  public void close() {
    call.close();
    for (Tensor tensor : tensors) {
      tensor.close();
    }
    device.close();
  }
}
