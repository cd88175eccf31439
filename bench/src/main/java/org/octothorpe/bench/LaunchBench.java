package org.octothorpe.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.graph.Graph;
import org.octothorpe.graph.InferencePlan;
import org.octothorpe.graph.Parameters;
import org.octothorpe.graph.TrainingPlan;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.Relu;
import org.octothorpe.train.Trainer;
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
 * What a run costs beside its arithmetic, of which there is next to none: one call, a plan of one
 * step, and a training step of a network of 16 planes on images of one pixel.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(3)
@NullUnmarked
public class LaunchBench {
  /** Values of the ReLU. */
  private static final int VALUES = 4;

  /** CPU threads. */
  @Param("1")
  public int threads;

  /** Whether this library's kernels compute everything, or oneDNN what it is best at. */
  @Param({"true", "false"})
  public boolean deterministic;

  private Device device;
  private Tensor[] tensors;
  private Call relu;
  private Call conv;
  private Parameters parameters;
  private InferencePlan plan;
  private Network network;
  private Trainer trainer;
  private TrainingPlan training;

  /** Prepares everything. */
  @Setup(Level.Trial)
  public void open() {
    device = Device.open("cpu", new DeviceOptions(threads, deterministic));
    Tensor x = Inputs.random(device, DType.F32, 1, VALUES);
    Tensor image = Inputs.random(device, DType.F32, 1, 1, 1, 1, 8);
    Tensor weight = Inputs.random(device, DType.F32, 1, 8, 1, 1, 4);
    Tensor y = Inputs.random(device, DType.F32, 1, 1, 1, 1, 8);
    tensors = new Tensor[] {x, image, weight, y};
    relu = Relu.forward(x, x);
    conv = GroupedConv.of(2, 1, 0).forward(image, weight, null, y);
    Graph graph = new Graph(Shape.nhwc(1, 1, 1, VALUES));
    parameters = new Parameters(device, List.of());
    plan = new InferencePlan(graph, graph.relu("relu", graph.input()), parameters, DType.F32);
    plan.input().zero();
    network =
        new ResNeXt(List.of(1, 1), 8, 16, Stem.SMALL, 16, List.of(16, 32), 2)
            .on(device)
            .initialize(1);
    trainer = Trainer.of(network, Shape.nhwc(2, 1, 1, 3), DType.F32);
    training = trainer.plan();
    training.input().copyFrom(new float[] {1, 2, 3, 4, 5, 6});
    training.offsets().copyFrom(0, 1, 2);
    training.labels().zero();
  }

  /** Frees everything. */
  @TearDown(Level.Trial)
  public void close() {
    relu.close();
    conv.close();
    plan.close();
    parameters.close();
    trainer.close();
    network.close();
    for (Tensor tensor : tensors) {
      tensor.close();
    }
    device.close();
  }

  /** A ReLU of four values. */
  @Benchmark
  public void relu() {
    relu.run();
  }

  /** A convolution of one pixel, eight channels in two groups. */
  @Benchmark
  public void groupedConv() {
    conv.run();
  }

  /** A plan whose only step is a ReLU of four values. */
  @Benchmark
  public void plan() {
    plan.run();
  }

  /** Forward pass, loss and backward pass of a network. */
  @Benchmark
  public double training() {
    return training.run();
  }
}
