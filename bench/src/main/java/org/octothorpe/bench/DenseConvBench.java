package org.octothorpe.bench;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GroupedConv;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * The passes of a dense convolution: calls/s, and as the counter {@code gigaflops} 10^9
 * operations/s, 2 N P Q K C R S per call.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@NullUnmarked
public class DenseConvBench {
  /**
   * Images, rows, columns, C, K, filter rows and columns, stride, padding:
   * NxHxWxCxKxRxSxSTRIDExPADDING.
   */
  @Param("64x16x16x64x128x1x1x1x0")
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
  private double gigaflop;

  /** The arithmetic done. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** 10^9 multiplications and additions. */
    public double gigaflops;

    /** Starts from 0. */
    @Setup(Level.Iteration)
    public void reset() {
      gigaflops = 0;
    }
  }

  /** Makes the tensors and the call. */
  @Setup(Level.Trial)
  public void open() {
    long[] f = Inputs.extents(shape);
    GroupedConv conv = GroupedConv.of(1, f[7], f[8]);
    Shape in = Shape.nhwc(f[0], f[1], f[2], f[3]);
    Shape filter = Shape.of(f[4], f[5], f[6], f[3]);
    Shape out = conv.outputShape(in, filter);
    gigaflop = 2e-9 * out.elements() * filter.elements() / filter.get(0);
    device = Device.open("cpu", new DeviceOptions(threads, kernels.equals("octothorpe")));
    DType filterType = pass == Pass.BACKWARD_WEIGHT ? DType.F32 : dtype;
    Tensor x = Inputs.random(device, dtype, 1, in.toArray());
    Tensor weight = Inputs.random(device, filterType, 1, filter.toArray());
    Tensor y = Inputs.random(device, dtype, 1, out.toArray());
    tensors = new Tensor[] {x, weight, y};
    call = Inputs.convolution(conv, pass, x, weight, y);
    Inputs.requireProvider(call, kernels);
    call.run();
  }

  /** One pass. */
  @Benchmark
  public void pass(Work work) {
    call.run();
    work.gigaflops += gigaflop;
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
