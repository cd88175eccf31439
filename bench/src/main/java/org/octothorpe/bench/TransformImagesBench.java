package org.octothorpe.bench;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.TransformImages;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Decoded images to the network's input: crop, resize, mirror, normalize. */
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

  private Call forward;

  @Override
  protected void prepare() {
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
    TransformImages transform =
        new TransformImages(List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f));
    forward = ready(transform.forward(pixels, starts, crops, y));
  }

  /** One byte read per value of the crops, 4 or 2 bytes written per value. */
  @Benchmark
  public void forward() {
    forward.run();
  }
}
