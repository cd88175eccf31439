package org.octothorpe.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Pass;
import org.octothorpe.onednn.OneDnnCall.Argument;
import org.octothorpe.onednn.OneDnnCall.Array;
import org.octothorpe.onednn.OneDnnCall.Place;
import org.octothorpe.ops.ConvProblem;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.LinearProblem;
import org.octothorpe.ops.RefusedException;

/**
 * The matrix product of oneDNN: fully connected layers, and 1x1 convolutions seen as such over
 * N*H*W rows.
 */
final class OneDnnMatmul {
  /**
   * Up to here the reorder of the weights, which a convolution needs, costs more than its kernel
   * saves.
   */
  private static final long FEW_ROWS = 1024;

  /**
   * Up to here the weight gradient dy^T x is slow. In F32 x^T dy, reordered, is faster by 8 to 32 %
   * with 64 and 128 inputs; in BF16 the convolution is, by 4 to 13 %.
   */
  private static final long NARROW = 128;

  private final OneDnnHandles handles;
  private final dnnl_engine engine;
  private final OneDnnCall call;
  private final dnnl_primitive_attr attributes;
  private final long rows;
  private final long inputs;
  private final long outputs;
  private final DType dtype;
  private final dnnl_memory_desc x;

  private OneDnnMatmul(OneDnnCall call, long rows, long inputs, long outputs, DType dtype) {
    this.handles = call.handles();
    this.engine = call.engine();
    this.call = call;
    this.attributes = handles.attributes();
    this.rows = rows;
    this.inputs = inputs;
    this.outputs = outputs;
    this.dtype = dtype;
    this.x = matrix(dtype, rows, inputs);
  }

  /**
   * Returns whether a convolution is a matrix product of whole tensors, and better done as one:
   * measured on one core of an AMD EPYC of family 26 (Zen 5) for the layers of ResNeXt, see {@link
   * OneDnn}.
   */
  static boolean suits(ConvProblem p) {
    GroupedConv conv = p.conv();
    long stride = conv.strideH();
    // The library takes strides of whole rows and columns only, as even sizes of stride 2 have.
    boolean whole = p.p() * stride <= p.h() && p.q() * stride <= p.w();
    boolean product =
        p.r() == 1
            && p.s() == 1
            && conv.paddingH() == 0
            && conv.paddingW() == 0
            && conv.strideW() == stride
            && whole;
    boolean fewRows = p.n() * p.h() * p.w() <= FEW_ROWS;
    if (p.pass() == Pass.BACKWARD_WEIGHT) {
      boolean narrow = p.dtype() == DType.BF16 && p.c() <= NARROW && stride == 1 && !fewRows;
      return product && p.bias() == null && !narrow;
    }
    return product && (stride > 1 || fewRows);
  }

  /**
   * Appends one pass of a 1x1 convolution without padding; a stride gathers the pixels that it
   * meets, or scatters them.
   */
  static void convolution(OneDnnCall call, ConvProblem p) throws RefusedException {
    Pass pass = p.pass();
    boolean biased = p.bias() != null;
    long stride = p.conv().strideH();
    OneDnnMatmul product = new OneDnnMatmul(call, p.n() * p.p() * p.q(), p.c(), p.k(), p.dtype());
    if (stride == 1) {
      product.add(
          pass, biased, Array.of(product.x, pass == Pass.BACKWARD_DATA ? Place.OUT : Place.A));
      return;
    }
    // The pixels that the stride meets, of x or dx [N,H,W,C], and their dense copy [N,P,Q,C].
    long[] dims = {p.n(), p.p(), p.q(), p.c()};
    dnnl_memory_desc met =
        call.handles()
            .strided(
                p.dtype(),
                dims,
                new long[] {p.h() * p.w() * p.c(), stride * p.w() * p.c(), stride * p.c(), 1});
    dnnl_memory_desc dense =
        call.handles()
            .strided(p.dtype(), dims, new long[] {p.p() * p.q() * p.c(), p.q() * p.c(), p.c(), 1});
    Array copy = call.reserve(dense);
    if (pass == Pass.BACKWARD_DATA) {
      call.zeroOutputFirst();
      product.add(pass, biased, copy.as(product.x));
      call.reorder(copy, Array.of(met, Place.OUT));
    } else {
      call.reorder(Array.of(met, Place.A), copy);
      product.add(pass, biased, copy.as(product.x));
    }
  }

  /** Appends one pass of a fully connected layer. */
  static void linear(OneDnnCall call, LinearProblem p) throws RefusedException {
    OneDnnMatmul product =
        new OneDnnMatmul(
            call, p.x().shape().get(0), p.x().shape().get(1), p.weight().shape().get(0), p.dtype());
    boolean writesX = p.pass() == Pass.BACKWARD_DATA;
    product.add(p.pass(), p.bias() != null, Array.of(product.x, writesX ? Place.OUT : Place.A));
  }

  /** Appends one pass; {@code rowsOfX} is x or dx as [rows, inputs]. */
  private void add(Pass pass, boolean bias, Array rowsOfX) throws RefusedException {
    dnnl_memory_desc y = matrix(dtype, rows, outputs);
    switch (pass) {
      case FORWARD -> {
        Array weight = Array.of(transposed(dtype, inputs, outputs), Place.B);
        Array biasRow = bias ? Array.of(matrix(DType.F32, 1, outputs), Place.BIAS) : null;
        multiply(rowsOfX, weight, biasRow, Array.of(y, Place.OUT));
      }
      case BACKWARD_DATA ->
          multiply(
              Array.of(y, Place.A),
              Array.of(matrix(dtype, outputs, inputs), Place.B),
              null,
              rowsOfX);
      case BACKWARD_WEIGHT -> {
        if (dtype == DType.F32 && inputs <= NARROW && outputs > inputs) {
          // The left factor is transposed first, so the narrower matrix stands left.
          Array gradient = call.reserve(matrix(DType.F32, inputs, outputs));
          multiply(
              rowsOfX.as(transposed(dtype, inputs, rows)), Array.of(y, Place.B), null, gradient);
          call.reorder(gradient, Array.of(transposed(DType.F32, inputs, outputs), Place.OUT));
        } else {
          Array gradient = Array.of(matrix(DType.F32, outputs, inputs), Place.OUT);
          multiply(Array.of(transposed(dtype, outputs, rows), Place.B), rowsOfX, null, gradient);
        }
        if (bias) {
          // Column sums of dy [rows, outputs] as a product with ones [1, rows].
          Array ones = new Array(matrix(dtype, 1, rows), Place.CONSTANT, 0, ones());
          multiply(
              ones,
              Array.of(y, Place.B),
              null,
              Array.of(matrix(DType.F32, 1, outputs), Place.BIAS));
        }
      }
    }
  }

  private void multiply(Array left, Array right, @Nullable Array bias, Array product)
      throws RefusedException {
    dnnl_memory_desc biasDesc = bias == null ? null : bias.desc();
    dnnl_primitive_desc desc =
        handles.requireFast(
            handles.describe(
                out ->
                    dnnl.dnnl_matmul_primitive_desc_create(
                        out,
                        engine,
                        left.desc(),
                        right.desc(),
                        biasDesc,
                        product.desc(),
                        attributes)));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(dnnl.DNNL_ARG_SRC, left));
    arguments.add(new Argument(dnnl.DNNL_ARG_WEIGHTS, right));
    if (bias != null) {
      arguments.add(new Argument(dnnl.DNNL_ARG_BIAS, bias));
    }
    arguments.add(new Argument(dnnl.DNNL_ARG_DST, product));
    call.add(desc, arguments);
  }

  private dnnl_memory_desc matrix(DType type, long height, long width) {
    return handles.strided(type, new long[] {height, width}, new long[] {width, 1});
  }

  /** Returns the height x width transpose of a row-major width x height matrix. */
  private dnnl_memory_desc transposed(DType type, long height, long width) {
    return handles.strided(type, new long[] {height, width}, new long[] {1, height});
  }

  private Pointer ones() {
    if (dtype == DType.F32) {
      FloatPointer ones = handles.keep(new FloatPointer(rows));
      for (long i = 0; i < rows; i++) {
        ones.put(i, 1);
      }
      return ones;
    }
    ShortPointer ones = handles.keep(new ShortPointer(rows));
    for (long i = 0; i < rows; i++) {
      ones.put(i, DType.toBf16(1));
    }
    return ones;
  }
}
