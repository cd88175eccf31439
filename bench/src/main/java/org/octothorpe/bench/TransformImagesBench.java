package org.octothorpe.bench;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.Call;
import org.octothorpe.ops.TransformImages;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Decoded images to the network's input: crop, resize, mirror, normalise. */
@NullUnmarked
public class TransformImagesBench extends OperationBench {
  /** Width and height of an image, its crop, mirror, H and W: the numbers of a line of shapes. */
  @Param({"500x375x40x20x350x300x1x224x224", "1600x1200x200x150x1000x900x1x224x224"})
  public String shape;

  /** Images in the batch, N. */
  @Param("32")
  public int images;

  /** Type of the output. */
  @Param({"F32", "BF16"})
  public DType dtype;

  // Host arrays that the calls read; they live as long as the benchmark.
  private FloatPointer mean;
  private FloatPointer deviation;
  private Call forward;

  @Override
  protected void bind() {
    int[] line = Arrays.stream(Inputs.extents(shape)).mapToInt(Math::toIntExact).toArray();
    long bytes = 3L * line[0] * line[1];
    long[] offsets = new long[images];
    int[] geometry = new int[images * TransformImages.GEOMETRY];
    for (int n = 0; n < images; n++) {
      offsets[n] = n * bytes;
      System.arraycopy(line, 0, geometry, n * TransformImages.GEOMETRY, 7);
    }
    Tensor pixels = zeros(DType.U8, images * bytes);
    Tensor starts = empty(DType.I64, images);
    starts.copyFrom(offsets);
    Tensor crops = empty(DType.I32, images, TransformImages.GEOMETRY);
    crops.copyFrom(geometry);
    Tensor y = empty(dtype, images, line[7], line[8], 3);
    mean = new FloatPointer(0.485f, 0.456f, 0.406f);
    deviation = new FloatPointer(0.229f, 0.224f, 0.225f);
    forward = TransformImages.forward(device, pixels, starts, crops, mean, deviation, y);
  }

  /** A byte read a value of the crops, 4 or 2 bytes written a value. */
  @Benchmark
  public void forward() {
    forward.run();
  }
}
