package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Sgd;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** One step of the optimizer, with the BF16 copy: 22 bytes of traffic per parameter. */
@NullUnmarked
public class SgdBench extends OperationBench {
  /** Parameters and segments: nxS. */
  @Param("25028904x161")
  public String shape;

  private Sgd sgd;
  private Call step;

  @Override
  protected void prepare() {
    long[] line = Inputs.extents(shape);
    long n = line[0];
    long[] ends = new long[Math.toIntExact(line[1])];
    for (int s = 0; s < ends.length; s++) {
      ends[s] = n * (s + 1) / ends.length;
    }
    Tensor segmentEnds = empty(DType.I64, ends.length);
    segmentEnds.copyFrom(ends);
    sgd = new Sgd(device, 0.9f, true);
    step =
        ready(
            sgd.step(
                random(DType.F32, n),
                random(DType.F32, n),
                random(DType.F32, n),
                empty(DType.BF16, n),
                segmentEnds,
                zeros(DType.F32, ends.length)));
  }

  /** Every parameter of a network. */
  @Benchmark
  public void step() {
    step.run();
  }

  @Override
  public void close() {
    sgd.close();
    super.close();
  }
}
