package org.octothorpe.bench;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Linear;
import org.octothorpe.ops.LinearSoftmax;
import org.octothorpe.ops.SoftmaxCrossEntropy;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;

/**
 * Loss and gradients of a head: fused (10 B D V operations, logits of a chunk) against the linear
 * layer's passes and the loss one after the other (6 B D V, all logits).
 */
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@NullUnmarked
public class LinearSoftmaxBench extends OperationBench {
  /** Rows, inputs, classes, classes of a chunk, labels of each row: BxDxVxchunkxk. */
  @Param("64x2048x17000x4096x3")
  public String shape;

  /** Type of x and weight. */
  @Param({"F32", "BF16"})
  public DType dtype;

  /** Fused, or the parts one after the other. */
  @Param({"fused", "parts"})
  public String way;

  private Call[] calls;

  @Override
  protected void prepare() {
    long[] extents = Inputs.extents(shape);
    int b = Math.toIntExact(extents[0]);
    long d = extents[1];
    int v = Math.toIntExact(extents[2]);
    long chunk = extents[3];
    int each = Math.toIntExact(extents[4]);
    Tensor x = random(dtype, b, d);
    Tensor weight = random(dtype, v, d);
    Tensor bias = random(DType.F32, v);
    Tensor offsets = offsets(b, each);
    Tensor labels = labels(v, b * each);
    Tensor loss = empty(DType.F32, b);
    Tensor dx = empty(dtype, b, d);
    Tensor dweight = empty(DType.F32, v, d);
    Tensor dbias = empty(DType.F32, v);
    Tensor logits = empty(dtype, b, v);
    float scale = 1f / b;
    calls =
        way.equals("fused")
            ? new Call[] {
              ready(
                  new LinearSoftmax(chunk, scale)
                      .forwardBackward(x, weight, bias, offsets, labels, loss, dx, dweight, dbias))
            }
            : new Call[] {
              ready(Linear.forward(x, weight, bias, logits)),
              ready(
                  new SoftmaxCrossEntropy(scale)
                      .forwardBackward(logits, offsets, labels, loss, logits)),
              ready(Linear.backwardData(logits, weight, dx)),
              ready(Linear.backwardWeight(x, logits, dweight, dbias))
            };
  }

  /** Loss and gradients of the batch. */
  @Benchmark
  public void lossAndGradients() {
    for (Call call : calls) {
      call.run();
    }
  }
}
