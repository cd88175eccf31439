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
 * The passes of a grouped convolution: calls/s, and as the counter {@code gigaflops} 10^9
 * operations/s, 2 N P Q K C/G R S per call. The peer is oneDNN with weights in the layout that it
 * prefers, activations in NHWC or in its own blocked layout.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@NullUnmarked
public class GroupedConvBench {
  /**
   * A line of {@code tests/shapes/grouped_conv.txt}; its number of images is replaced by the batch.
   */
  @Param("1x56x56x128x128x32x3x3x1x1x1x1x1x1")
  public String shape;

  /** Images. */
  @Param("8")
  public int batch;

  /** Type of x, weight and y. */
  @Param({"F32", "BF16"})
  public DType dtype;

  /** The pass. */
  @Param({"FORWARD", "BACKWARD_DATA", "BACKWARD_WEIGHT"})
  public Pass pass;

  /** Whose kernels. */
  @Param({"octothorpe", "oneDNN-nhwc", "oneDNN-blocked"})
  public String kernels;

  /** CPU threads. */
  @Param({"1", "2"})
  public int threads;

  private Runnable call;
  private Runnable release;
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
    GroupedConv conv = new GroupedConv(f[5], f[8], f[9], f[10], f[11], f[12], f[13]);
    Shape x = Shape.nhwc(batch, f[1], f[2], f[3]);
    Shape weight = Shape.of(f[4], f[6], f[7], f[3] / f[5]);
    long products = weight.elements() / weight.get(0);
    gigaflop = 2e-9 * products * conv.outputShape(x, weight).elements();
    if (kernels.equals("octothorpe")) {
      openOctothorpe(conv, x, weight);
    } else {
      boolean channelsLast = kernels.equals("oneDNN-nhwc");
      OneDnnGroupedConv peer =
          new OneDnnGroupedConv(conv, pass, x, weight, dtype, channelsLast, threads);
      call = peer;
      release = peer::close;
    }
  }

  private void openOctothorpe(GroupedConv conv, Shape x, Shape weight) {
    // A deterministic device computes with this library's own kernels.
    Device device = Device.open("cpu", new DeviceOptions(threads, true));
    DType filterType = pass == Pass.BACKWARD_WEIGHT ? DType.F32 : dtype;
    Tensor in = Inputs.random(device, dtype, 1, x.toArray());
    Tensor filter = Inputs.random(device, filterType, 1, weight.toArray());
    Tensor out = Inputs.random(device, dtype, 1, conv.outputShape(x, weight).toArray());
    Call prepared = Inputs.convolution(conv, pass, in, filter, out);
    prepared.run();
    call = prepared::run;
    release =
        () -> {
          prepared.close();
          for (Tensor tensor : new Tensor[] {in, filter, out}) {
            tensor.close();
          }
          device.close();
        };
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
    release.run();
  }
}
