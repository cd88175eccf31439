package org.octothorpe.bench;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.octothorpe.DType;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.ops.GroupedConv;

/**
 * One pass of a grouped convolution by oneDNN, for comparison: buffers of its own, weights in the
 * layout that it prefers, and activations too unless NHWC is asked for.
 */
final class OneDnnGroupedConv implements Runnable, AutoCloseable {
  private final ArrayDeque<Runnable> releases = new ArrayDeque<>();
  private final SplittableRandom random = new SplittableRandom(1);
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(3);
  private final dnnl_memory_desc x;
  private final dnnl_memory_desc y;
  private final long[] filter;
  private final long[] strides;
  private final long[] dilations;
  private final long[] before;
  private final long[] after;

  OneDnnGroupedConv(
      GroupedConv conv,
      Pass pass,
      Shape x,
      Shape weight,
      DType dtype,
      boolean channelsLast,
      int threads) {
    octothorpe.oct_set_calling_thread_parallelism(threads);
    check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0));
    releases.push(() -> dnnl.dnnl_engine_destroy(engine));
    check(dnnl.dnnl_stream_create(stream, engine, dnnl.dnnl_stream_default_flags));
    releases.push(() -> dnnl.dnnl_stream_destroy(stream));
    Shape out = conv.outputShape(x, weight);
    int tag = channelsLast ? dnnl.dnnl_nhwc : dnnl.dnnl_format_tag_any;
    this.x = layout(dtype, tag, x.get(0), x.get(3), x.get(1), x.get(2));
    this.y = layout(dtype, tag, out.get(0), out.get(3), out.get(1), out.get(2));
    long groups = conv.groups();
    filter =
        new long[] {groups, weight.get(0) / groups, weight.get(3), weight.get(1), weight.get(2)};
    strides = new long[] {conv.strideH(), conv.strideW()};
    dilations = new long[] {conv.dilationH() - 1, conv.dilationW() - 1};
    before = new long[] {conv.paddingH(), conv.paddingW()};
    after = new long[2];
    for (int i = 0; i < 2; i++) {
      long reach =
          (out.get(1 + i) - 1) * strides[i] + (weight.get(1 + i) - 1) * (dilations[i] + 1) + 1;
      after[i] = reach - x.get(1 + i) - before[i];
    }
    dnnl_primitive_desc desc = describe(pass, dtype);
    check(dnnl.dnnl_primitive_create(primitive, desc));
    releases.push(() -> dnnl.dnnl_primitive_destroy(primitive));
    releases.push(arguments::close);
    switch (pass) {
      case FORWARD -> {
        bind(desc, 0, dnnl.DNNL_ARG_SRC, dnnl.dnnl_query_src_md, dtype);
        bind(desc, 1, dnnl.DNNL_ARG_WEIGHTS, dnnl.dnnl_query_weights_md, dtype);
        bind(desc, 2, dnnl.DNNL_ARG_DST, dnnl.dnnl_query_dst_md, dtype);
      }
      case BACKWARD_DATA -> {
        bind(desc, 0, dnnl.DNNL_ARG_DIFF_DST, dnnl.dnnl_query_diff_dst_md, dtype);
        bind(desc, 1, dnnl.DNNL_ARG_WEIGHTS, dnnl.dnnl_query_weights_md, dtype);
        bind(desc, 2, dnnl.DNNL_ARG_DIFF_SRC, dnnl.dnnl_query_diff_src_md, dtype);
      }
      case BACKWARD_WEIGHT -> {
        bind(desc, 0, dnnl.DNNL_ARG_SRC, dnnl.dnnl_query_src_md, dtype);
        bind(desc, 1, dnnl.DNNL_ARG_DIFF_DST, dnnl.dnnl_query_diff_dst_md, dtype);
        bind(desc, 2, dnnl.DNNL_ARG_DIFF_WEIGHTS, dnnl.dnnl_query_diff_weights_md, DType.F32);
      }
    }
  }

  @Override
  public void run() {
    check(dnnl.dnnl_primitive_execute(primitive, stream, 3, arguments));
    check(dnnl.dnnl_stream_wait(stream));
  }

  @Override
  public void close() {
    while (!releases.isEmpty()) {
      releases.pop().run();
    }
  }

  private dnnl_primitive_desc describe(Pass pass, DType dtype) {
    dnnl_memory_desc weight = layout(dtype, dnnl.dnnl_format_tag_any, filter);
    dnnl_primitive_desc forward = new dnnl_primitive_desc();
    int algorithm = dnnl.dnnl_convolution_direct;
    check(
        dnnl.dnnl_convolution_forward_primitive_desc_create(
            forward,
            engine,
            dnnl.dnnl_forward_training,
            algorithm,
            x,
            weight,
            null,
            y,
            strides,
            dilations,
            before,
            after,
            null));
    releases.push(() -> dnnl.dnnl_primitive_desc_destroy(forward));
    if (pass == Pass.FORWARD) {
      return forward;
    }
    dnnl_primitive_desc backward = new dnnl_primitive_desc();
    check(
        pass == Pass.BACKWARD_DATA
            ? dnnl.dnnl_convolution_backward_data_primitive_desc_create(
                backward, engine, algorithm, x, weight, y, strides, dilations, before, after,
                forward, null)
            : dnnl.dnnl_convolution_backward_weights_primitive_desc_create(
                backward,
                engine,
                algorithm,
                x,
                layout(DType.F32, dnnl.dnnl_format_tag_any, filter),
                null,
                y,
                strides,
                dilations,
                before,
                after,
                forward,
                null));
    releases.push(() -> dnnl.dnnl_primitive_desc_destroy(backward));
    return backward;
  }

  private dnnl_memory_desc layout(DType dtype, int tag, long... dims) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    int type = dtype == DType.F32 ? dnnl.dnnl_f32 : dnnl.dnnl_bf16;
    check(dnnl.dnnl_memory_desc_create_with_tag(desc, dims.length, dims, type, tag));
    releases.push(() -> dnnl.dnnl_memory_desc_destroy(desc));
    return desc;
  }

  /**
   * Gives argument {@code index} a buffer of random values in [-1, 1), in the layout that the
   * primitive chose.
   */
  private void bind(dnnl_primitive_desc desc, int index, int argument, int query, DType dtype) {
    dnnl_memory_desc layout = dnnl.dnnl_primitive_desc_query_md(desc, query, 0);
    long bytes = dnnl.dnnl_memory_desc_get_size(layout);
    Pointer data = buffer(bytes);
    if (dtype == DType.F32) {
      FloatPointer floats = new FloatPointer(data);
      for (long i = 0; i < bytes / 4; i++) {
        floats.put(i, value());
      }
    } else {
      ShortPointer halves = new ShortPointer(data);
      for (long i = 0; i < bytes / 2; i++) {
        halves.put(i, DType.toBf16(value()));
      }
    }
    dnnl_memory memory = new dnnl_memory();
    check(dnnl.dnnl_memory_create(memory, layout, engine, data));
    releases.push(() -> dnnl.dnnl_memory_destroy(memory));
    arguments.getPointer(index).arg(argument).memory(memory);
  }

  /** Memory aligned to 64 bytes, as oneDNN's own is. */
  private Pointer buffer(long bytes) {
    BytePointer memory = new BytePointer(bytes + 64);
    releases.push(memory::close);
    return memory.getPointer(-memory.address() & 63);
  }

  private float value() {
    return (float) (random.nextDouble() * 2 - 1);
  }

  private static void check(int status) {
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException("grouped convolution: oneDNN reports status " + status);
    }
  }
}
