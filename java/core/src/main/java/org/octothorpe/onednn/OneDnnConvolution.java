package org.octothorpe.onednn;

import org.octothorpe.Pass;
import org.octothorpe.dense.DenseConv;
import org.octothorpe.dense.DenseKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.onednn.OneDnnCall.Argument;
import org.octothorpe.onednn.OneDnnCall.Array;
import org.octothorpe.onednn.OneDnnCall.Place;

/**
 * The convolution primitives of oneDNN over NHWC activations, with the reorders between KRSC
 * weights and its own layout.
 */
public final class OneDnnConvolution {
  private final OneDnnHandles handles;
  private final dnnl_engine engine;
  private final OneDnnCall call;
  private final DenseConv shape;
  private final dnnl_primitive_attr attributes;
  private final dnnl_memory_desc x;
  private final dnnl_memory_desc y;
  private final dnnl_memory_desc anyWeight;
  private final @Nullable dnnl_memory_desc bias;
  private final long[] strides;
  private final long[] dilation = {0, 0};
  private final long[] before;
  private final long[] after;

  private OneDnnConvolution(
      OneDnnHandles handles,
      dnnl_engine engine,
      OneDnnCall call,
      DenseConv shape,
      DType dtype,
      boolean biased) {
    this.handles = handles;
    this.engine = engine;
    this.call = call;
    this.shape = shape;
    this.attributes = handles.attributes();
    this.x = channelsLast(dtype, shape.n(), shape.c(), shape.h(), shape.w());
    this.y = channelsLast(dtype, shape.n(), shape.k(), shape.p(), shape.q());
    this.anyWeight = handles.any(dtype, weightDims());
    this.bias = biased ? handles.strided(DType.F32, new long[] {shape.k()}, new long[] {1}) : null;
    this.strides = new long[] {shape.stride(), shape.stride()};
    this.before = new long[] {shape.padding(), shape.padding()};
    this.after =
        new long[] {
          (shape.p() - 1) * shape.stride() + shape.r() - shape.h() - shape.padding(),
          (shape.q() - 1) * shape.stride() + shape.s() - shape.w() - shape.padding()
        };
  }

  /** Returns the pass with its shape, for messages. */
  static String describe(Pass pass, DenseConv shape, DType dtype) {
    return "convolution "
        + pass.name().toLowerCase(Locale.ROOT)
        + " of "
        + dtype
        + " x "
        + shape.x()
        + ", weight "
        + shape.weight()
        + ", stride "
        + shape.stride()
        + ", padding "
        + shape.padding();
  }

  /** Names the operands of {@link DenseKernels#convolution}. */
  static void expect(OneDnnCall call, Pass pass, DenseConv shape, DType dtype, boolean bias) {
    switch (pass) {
      case FORWARD -> {
        call.expect("x", dtype, shape.x());
        call.expect("weight", dtype, shape.weight());
      }
      case BACKWARD_DATA -> {
        call.expect("dy", dtype, shape.y());
        call.expect("weight", dtype, shape.weight());
      }
      case BACKWARD_WEIGHT -> {
        call.expect("x", dtype, shape.x());
        call.expect("dy", dtype, shape.y());
      }
    }
    if (bias && pass != Pass.BACKWARD_DATA) {
      call.expect(pass == Pass.FORWARD ? "bias" : "dbias", DType.F32, Shape.of(shape.k()));
    }
    switch (pass) {
      case FORWARD -> call.expect("y", dtype, shape.y());
      case BACKWARD_DATA -> call.expect("dx", dtype, shape.x());
      case BACKWARD_WEIGHT -> call.expect("dweight", DType.F32, shape.weight());
    }
  }

  /** Appends the primitives of one pass. */
  static void add(
      OneDnnHandles handles,
      dnnl_engine engine,
      OneDnnCall call,
      Pass pass,
      DenseConv shape,
      DType dtype,
      boolean bias)
      throws OneDnnUnsupported {
    expect(call, pass, shape, dtype, bias);
    OneDnnConvolution convolution =
        new OneDnnConvolution(
            handles, engine, call, shape, dtype, bias && pass != Pass.BACKWARD_DATA);
    switch (pass) {
      case FORWARD -> convolution.forward(dtype);
      case BACKWARD_DATA -> convolution.backwardData(dtype);
      case BACKWARD_WEIGHT -> convolution.backwardWeight();
    }
  }

  private dnnl_primitive_desc describeForward() throws OneDnnUnsupported {
    return handles.describe(
        out ->
            dnnl.dnnl_convolution_forward_primitive_desc_create(
                out,
                engine,
                dnnl.dnnl_forward_training,
                dnnl.dnnl_convolution_direct,
                x,
                anyWeight,
                bias,
                y,
                strides,
                dilation,
                before,
                after,
                attributes));
  }

  private void forward(DType dtype) throws OneDnnUnsupported {
    dnnl_primitive_desc desc = handles.requireFast(describeForward());
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(dnnl.DNNL_ARG_SRC, Array.of(x, Place.A)));
    arguments.add(reorderedWeight(desc, dtype));
    if (bias != null) {
      arguments.add(new Argument(dnnl.DNNL_ARG_BIAS, Array.of(bias, Place.BIAS)));
    }
    arguments.add(new Argument(dnnl.DNNL_ARG_DST, Array.of(y, Place.OUT)));
    call.add(desc, arguments);
  }

  private void backwardData(DType dtype) throws OneDnnUnsupported {
    dnnl_primitive_desc hint = describeForward();
    dnnl_primitive_desc desc =
        handles.requireFast(
            handles.describe(
                out ->
                    dnnl.dnnl_convolution_backward_data_primitive_desc_create(
                        out,
                        engine,
                        dnnl.dnnl_convolution_direct,
                        x,
                        anyWeight,
                        y,
                        strides,
                        dilation,
                        before,
                        after,
                        hint,
                        attributes)));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(dnnl.DNNL_ARG_DIFF_DST, Array.of(y, Place.A)));
    arguments.add(reorderedWeight(desc, dtype));
    arguments.add(new Argument(dnnl.DNNL_ARG_DIFF_SRC, Array.of(x, Place.OUT)));
    call.add(desc, arguments);
  }

  private void backwardWeight() throws OneDnnUnsupported {
    dnnl_primitive_desc hint = describeForward();
    dnnl_memory_desc anyGradient = handles.any(DType.F32, weightDims());
    dnnl_primitive_desc desc =
        handles.requireFast(
            handles.describe(
                out ->
                    dnnl.dnnl_convolution_backward_weights_primitive_desc_create(
                        out,
                        engine,
                        dnnl.dnnl_convolution_direct,
                        x,
                        anyGradient,
                        bias,
                        y,
                        strides,
                        dilation,
                        before,
                        after,
                        hint,
                        attributes)));
    dnnl_memory_desc chosen =
        dnnl.dnnl_primitive_desc_query_md(desc, dnnl.dnnl_query_diff_weights_md, 0);
    Array plain = Array.of(plainWeight(DType.F32), Place.OUT);
    boolean reorder = dnnl.dnnl_memory_desc_equal(chosen, plain.desc()) == 0;
    Array gradient = reorder ? call.reserve(chosen) : plain;
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(dnnl.DNNL_ARG_SRC, Array.of(x, Place.A)));
    arguments.add(new Argument(dnnl.DNNL_ARG_DIFF_DST, Array.of(y, Place.B)));
    arguments.add(new Argument(dnnl.DNNL_ARG_DIFF_WEIGHTS, gradient));
    if (bias != null) {
      arguments.add(new Argument(dnnl.DNNL_ARG_DIFF_BIAS, Array.of(bias, Place.BIAS)));
    }
    call.add(desc, arguments);
    if (reorder) {
      call.reorder(gradient, plain);
    }
  }

  /**
   * Appends the reorder of the weights that {@code desc} wants, if any, and returns them as its
   * argument.
   */
  private Argument reorderedWeight(dnnl_primitive_desc desc, DType dtype) throws OneDnnUnsupported {
    dnnl_memory_desc chosen =
        dnnl.dnnl_primitive_desc_query_md(desc, dnnl.dnnl_query_weights_md, 0);
    Array plain = Array.of(plainWeight(dtype), Place.B);
    if (dnnl.dnnl_memory_desc_equal(chosen, plain.desc()) != 0) {
      return new Argument(dnnl.DNNL_ARG_WEIGHTS, plain);
    }
    Array weight = call.reserve(chosen);
    call.reorder(plain, weight);
    return new Argument(dnnl.DNNL_ARG_WEIGHTS, weight);
  }

  private long[] weightDims() {
    return new long[] {shape.k(), shape.c(), shape.r(), shape.s()};
  }

  private dnnl_memory_desc plainWeight(DType dtype) {
    return channelsLast(dtype, shape.k(), shape.c(), shape.r(), shape.s());
  }

  private dnnl_memory_desc channelsLast(DType dtype, long n, long c, long h, long w) {
    return handles.strided(dtype, new long[] {n, c, h, w}, new long[] {h * w * c, 1, w * c, c});
  }
}
