package org.octothorpe.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.onednn.OneDnnCall.Argument;
import org.octothorpe.onednn.OneDnnCall.Array;
import org.octothorpe.onednn.OneDnnCall.Place;
import org.octothorpe.ops.ConvProblem;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.ops.RefusedException;

/**
 * The convolution primitives of oneDNN over NHWC activations, with the reorders between KRSC
 * weights and its own layout.
 */
final class OneDnnConvolution {
  private final OneDnnHandles handles;
  private final dnnl_engine engine;
  private final OneDnnCall call;
  private final ConvProblem problem;
  private final dnnl_primitive_attr attributes;
  private final dnnl_memory_desc x;
  private final dnnl_memory_desc y;
  private final dnnl_memory_desc anyWeight;
  private final @Nullable dnnl_memory_desc bias;
  private final long[] strides;
  private final long[] dilation;
  private final long[] before;
  private final long[] after;

  private OneDnnConvolution(OneDnnCall call, ConvProblem p) {
    this.handles = call.handles();
    this.engine = call.engine();
    this.call = call;
    this.problem = p;
    GroupedConv conv = p.conv();
    this.attributes = handles.attributes();
    this.x = channelsLast(p.dtype(), p.n(), p.c(), p.h(), p.w());
    this.y = channelsLast(p.dtype(), p.n(), p.k(), p.p(), p.q());
    this.anyWeight = handles.any(p.dtype(), weightDims());
    this.bias =
        p.bias() == null ? null : handles.strided(DType.F32, new long[] {p.k()}, new long[] {1});
    this.strides = new long[] {conv.strideH(), conv.strideW()};
    this.dilation = new long[] {conv.dilationH() - 1, conv.dilationW() - 1};
    this.before = new long[] {conv.paddingH(), conv.paddingW()};
    this.after =
        new long[] {
          after(p.p(), conv.strideH(), p.r(), conv.dilationH(), p.h(), conv.paddingH()),
          after(p.q(), conv.strideW(), p.s(), conv.dilationW(), p.w(), conv.paddingW())
        };
  }

  /** Padding behind an axis: what the last window reaches beyond the input. */
  private static long after(
      long outputs, long stride, long taps, long dilation, long input, long padding) {
    return (outputs - 1) * stride + dilation * (taps - 1) + 1 - input - padding;
  }

  /** Appends the primitives of one pass. */
  static void add(OneDnnCall call, ConvProblem problem) throws RefusedException {
    OneDnnConvolution convolution = new OneDnnConvolution(call, problem);
    switch (problem.pass()) {
      case FORWARD -> convolution.forward(problem.dtype());
      case BACKWARD_DATA -> convolution.backwardData(problem.dtype());
      case BACKWARD_WEIGHT -> convolution.backwardWeight();
    }
  }

  private dnnl_primitive_desc describeForward() throws RefusedException {
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

  private void forward(DType dtype) throws RefusedException {
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

  private void backwardData(DType dtype) throws RefusedException {
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

  private void backwardWeight() throws RefusedException {
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
  private Argument reorderedWeight(dnnl_primitive_desc desc, DType dtype) throws RefusedException {
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
    return new long[] {problem.k(), problem.c(), problem.r(), problem.s()};
  }

  private dnnl_memory_desc plainWeight(DType dtype) {
    return channelsLast(dtype, problem.k(), problem.c(), problem.r(), problem.s());
  }

  private dnnl_memory_desc channelsLast(DType dtype, long n, long c, long h, long w) {
    return handles.strided(dtype, new long[] {n, c, h, w}, new long[] {h * w * c, 1, w * c, c});
  }
}
