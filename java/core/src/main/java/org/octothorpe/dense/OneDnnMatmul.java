package org.octothorpe.dense;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
import org.octothorpe.Shape;
import org.octothorpe.dense.OneDnnCall.Argument;
import org.octothorpe.dense.OneDnnCall.Place;

/** The matrix product of oneDNN: fully connected layers, and 1x1 convolutions seen as such over N*H*W rows. */
final class OneDnnMatmul {
  /** Up to here the reorder of the weights, which a convolution needs, costs more than its kernel saves. */
  private static final long FEW_ROWS = 1024;

  private final OneDnnHandles handles;
  private final dnnl_engine engine;
  private final OneDnnCall call;
  private final dnnl_primitive_attr attributes;
  private final long rows;
  private final long inputs;
  private final long outputs;
  private final DType dtype;

  private OneDnnMatmul(
      OneDnnHandles handles,
      dnnl_engine engine,
      OneDnnCall call,
      long rows,
      long inputs,
      long outputs,
      DType dtype) {
    this.handles = handles;
    this.engine = engine;
    this.call = call;
    this.attributes = handles.attributes();
    this.rows = rows;
    this.inputs = inputs;
    this.outputs = outputs;
    this.dtype = dtype;
  }

  /** Returns the pass with its shape, for messages. */
  static String describe(DensePass pass, long batch, long inputs, long outputs, DType dtype) {
    return "linear "
        + pass.name().toLowerCase(Locale.ROOT)
        + " of "
        + dtype
        + " x ["
        + batch
        + ", "
        + inputs
        + "], weight ["
        + outputs
        + ", "
        + inputs
        + "]";
  }

  /**
   * Returns whether a convolution is a matrix product of whole tensors, and better done as one: measured on one core of
   * an AMD EPYC of family 26 (Zen 5) for the layers of ResNeXt, see {@link OneDnn}.
   */
  static boolean suits(DensePass pass, DenseConv shape, boolean bias) {
    boolean product = shape.r() == 1 && shape.s() == 1 && shape.stride() == 1 && shape.padding() == 0;
    long rows = shape.n() * shape.h() * shape.w();
    return product && (pass == DensePass.BACKWARD_WEIGHT ? !bias : rows <= FEW_ROWS);
  }

  /** Appends one pass of a 1x1 convolution of stride 1 without padding. */
  static void convolution(
      OneDnnHandles handles,
      dnnl_engine engine,
      OneDnnCall call,
      DensePass pass,
      DenseConv shape,
      DType dtype,
      boolean bias)
      throws OneDnnUnsupported {
    OneDnnConvolution.expect(call, pass, shape, dtype, bias);
    new OneDnnMatmul(handles, engine, call, shape.n() * shape.h() * shape.w(), shape.c(), shape.k(), dtype)
        .add(pass, bias);
  }

  /** Appends one pass of a fully connected layer. */
  static void linear(
      OneDnnHandles handles,
      dnnl_engine engine,
      OneDnnCall call,
      DensePass pass,
      long batch,
      long inputs,
      long outputs,
      DType dtype,
      boolean bias)
      throws OneDnnUnsupported {
    Shape x = Shape.of(batch, inputs);
    Shape weight = Shape.of(outputs, inputs);
    Shape y = Shape.of(batch, outputs);
    Shape biasShape = Shape.of(outputs);
    switch (pass) {
      case FORWARD -> {
        call.expect("x", dtype, x);
        call.expect("weight", dtype, weight);
        if (bias) {
          call.expect("bias", DType.F32, biasShape);
        }
        call.expect("y", dtype, y);
      }
      case BACKWARD_DATA -> {
        call.expect("dy", dtype, y);
        call.expect("weight", dtype, weight);
        call.expect("dx", dtype, x);
      }
      case BACKWARD_WEIGHT -> {
        call.expect("x", dtype, x);
        call.expect("dy", dtype, y);
        if (bias) {
          call.expect("dbias", DType.F32, biasShape);
        }
        call.expect("dweight", DType.F32, weight);
      }
    }
    new OneDnnMatmul(handles, engine, call, batch, inputs, outputs, dtype).add(pass, bias);
  }

  private void add(DensePass pass, boolean bias) throws OneDnnUnsupported {
    dnnl_memory_desc x = matrix(dtype, rows, inputs);
    dnnl_memory_desc y = matrix(dtype, rows, outputs);
    switch (pass) {
      case FORWARD -> {
        dnnl_memory_desc biasRow = bias ? matrix(DType.F32, 1, outputs) : null;
        multiply(x, Place.A, null, transposed(dtype, inputs, outputs), Place.B, biasRow, y, Place.OUT);
      }
      case BACKWARD_DATA -> multiply(y, Place.A, null, matrix(dtype, outputs, inputs), Place.B, null, x, Place.OUT);
      case BACKWARD_WEIGHT -> {
        multiply(
            transposed(dtype, outputs, rows),
            Place.B,
            null,
            x,
            Place.A,
            null,
            matrix(DType.F32, outputs, inputs),
            Place.OUT);
        if (bias) {
          // Column sums of dy [rows, outputs] as a product with ones [1, rows].
          multiply(
              matrix(dtype, 1, rows),
              Place.CONSTANT,
              ones(),
              y,
              Place.B,
              null,
              matrix(DType.F32, 1, outputs),
              Place.BIAS);
        }
      }
    }
  }

  private void multiply(
      dnnl_memory_desc left,
      Place leftPlace,
      @Nullable Pointer leftData,
      dnnl_memory_desc right,
      Place rightPlace,
      @Nullable dnnl_memory_desc bias,
      dnnl_memory_desc product,
      Place productPlace)
      throws OneDnnUnsupported {
    dnnl_primitive_desc desc =
        handles.requireFast(
            handles.describe(
                out -> dnnl.dnnl_matmul_primitive_desc_create(out, engine, left, right, bias, product, attributes)));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(dnnl.DNNL_ARG_SRC, left, leftPlace, 0, leftData));
    arguments.add(Argument.of(dnnl.DNNL_ARG_WEIGHTS, right, rightPlace));
    if (bias != null) {
      arguments.add(Argument.of(dnnl.DNNL_ARG_BIAS, bias, Place.BIAS));
    }
    arguments.add(Argument.of(dnnl.DNNL_ARG_DST, product, productPlace));
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
