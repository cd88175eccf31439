// Grouped convolution, forward and backward_data: bound by multiply-adds from 16 channels per group on; below, by memory and by how well
// the groups fill the registers. A task is a strip of output rows of one image and a few planes of channels; see grouped_conv_plan.h.
//
// Milliseconds of forward / backward_data / backward_weight, batch 8, one core of an AMD EPYC of family 26 (Zen 5, CPU time, shared
// machine), beside oneDNN 3.13 with NHWC activations; both have F32 sums:
//
//   C / a group, size     F32              oneDNN            BF16             oneDNN
//   128/4   56x56 s1      2.2 2.2 2.8      5.4  5.6 11.3     1.5 1.6 1.3      2.7 3.3  9.0
//   256/8   56x56 s1      7.0 7.0 8.1     12.7 11.2 22.1     4.4 4.4 4.8      5.2 6.3 10.0
//   256/8   56x56 s2      3.2 6.2 3.3      3.9  4.1 13.7     1.4 2.7 2.1      1.9 2.9  5.0
//   512/16  14x14 s1      1.2 1.2 1.2      1.0  1.1  1.0     0.8 0.8 0.7      0.6 0.6  0.7
//   1024/32 14x14 s1      5.1 5.0 5.1      5.5  5.6  8.6     2.2 2.2 3.1      2.6 2.4  3.6
#include "conv/grouped_conv_pack_weight.h"
#include "conv/grouped_conv_tile.h"
#include "gemm/gemm.h"
#include "kernels.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {

/// A forward or backward_data pass over an "in" and an "out" tensor.
struct Correlation {
  oct_conv conv;
  bool gradient;
  int64_t images, in_height, in_width, out_height, out_width;
  int64_t filter_height, filter_width;
  bool pairs;  ///< words are pairs of channels, for vdpbf16ps
  Planes planes;
  int64_t depth;        ///< words of a group
  int64_t pixel_words;  ///< words of a pixel in a strip, for one plane
  Range rows, columns;  ///< inputs that output row 0 of every phase and all its columns read
  int64_t step_rows;    ///< outputs of a phase along H
  int64_t strip_rows;   ///< of them in a strip
  int64_t strips;
  int64_t together;  ///< planes in a task

  Correlation(const oct_conv& geometry, bool is_gradient, const oct_tensor& in, const oct_tensor& weight, const oct_tensor& out)
      : conv(geometry),
        gradient(is_gradient),
        images(in.shape[0]),
        in_height(in.shape[1]),
        in_width(in.shape[2]),
        out_height(out.shape[1]),
        out_width(out.shape[2]),
        filter_height(weight.shape[1]),
        filter_width(weight.shape[2]),
        pairs(kPairWords && in.dtype == OCT_BF16 && in.shape[3] > geometry.groups),
        planes(in.shape[3], out.shape[3], geometry.groups, pairs ? 2 : 1),
        depth(pairs ? ceil_div(planes.in_group, 2) : planes.in_group),
        pixel_words(planes.packed ? kLanes : depth),
        rows{0, 0},
        columns{0, 0},
        step_rows(axis_h(0).count),
        strip_rows(0),
        strips(0),
        together(min_of(kPlanesTogether, planes.count)) {
    for (int64_t phase = 0; phase < phases_h(); ++phase) extend(rows, axis_h(phase), 1);
    for (int64_t phase = 0; phase < phases_w(); ++phase) extend(columns, axis_w(phase), axis_w(phase).count);
    const int64_t row_bytes = max_of(columns.size() * pixel_words * 4 * together, 1);
    const int64_t fitting = (kStripBytes / row_bytes - rows.size()) / in_step() + 1;
    strips = ceil_div(step_rows, min_of(max_of(fitting, 1), step_rows));
    strip_rows = ceil_div(step_rows, strips);
    strips = ceil_div(step_rows, strip_rows);
  }

  int64_t phases_h() const { return gradient ? conv.stride_h : 1; }
  int64_t phases_w() const { return gradient ? conv.stride_w : 1; }
  int64_t in_step() const { return gradient ? 1 : conv.stride_h; }
  int64_t taps() const { return filter_height * filter_width; }

  Axis axis_h(int64_t phase) const {
    return gradient ? gradient_axis(out_height, filter_height, conv.stride_h, conv.padding_h, conv.dilation_h, phase)
                    : forward_axis(out_height, filter_height, conv.stride_h, conv.padding_h, conv.dilation_h);
  }
  Axis axis_w(int64_t phase) const {
    return gradient ? gradient_axis(out_width, filter_width, conv.stride_w, conv.padding_w, conv.dilation_w, phase)
                    : forward_axis(out_width, filter_width, conv.stride_w, conv.padding_w, conv.dilation_w);
  }

  static void extend(Range& range, const Axis& axis, int64_t outputs) {
    if (axis.taps == 0 || axis.count == 0) return;
    const bool empty = range.size() == 0;
    range.begin = empty ? axis.begin() : min_of(range.begin, axis.begin());
    range.end = empty ? axis.end(outputs) : max_of(range.end, axis.end(outputs));
  }

  /// Words of a tap in the packed weights of a plane or, where planes are single groups, of one register of its outputs.
  int64_t tap_words() const { return (planes.packed ? planes.out_group : depth) * kLanes; }
  int64_t block_words() const { return taps() * tap_words(); }
  int64_t weight_blocks() const { return planes.packed ? planes.count : planes.count * planes.lane_blocks; }
  int64_t weight_bytes() const { return aligned_64(weight_blocks() * block_words() * 4); }
  /// Strip rows that a full strip reads.
  int64_t read_rows() const { return rows.size() == 0 ? 0 : rows.size() + (strip_rows - 1) * in_step(); }
  int64_t plane_words() const { return read_rows() * columns.size() * pixel_words; }
  int64_t scratch_bytes() const { return aligned_64(plane_words() * together * 4); }
  int64_t workspace_bytes(int64_t threads) const { return weight_bytes() + threads * scratch_bytes(); }
  int64_t multiply_adds() const { return images * out_height * out_width * planes.out_channels * taps() * planes.in_group; }
};

template <class T>
void pack_weights(const oct_context* context, const Correlation& c, const T* weight, float* packed) {
  const WeightOrder order{c.taps(), c.gradient ? c.planes.out_group : c.planes.in_group,
                          c.gradient ? c.planes.in_group : c.planes.out_group, c.gradient};
  parallel_for(context, c.weight_blocks(), c.weight_blocks() * c.block_words(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* to = packed + i * c.block_words();
      if (c.planes.packed) {
        pack_weight_plane(weight, order, c.planes, i, c.depth, c.pairs, to);
      } else {
        pack_weight_block(weight, order, c.planes, i / c.planes.lane_blocks, i % c.planes.lane_blocks, c.depth, c.pairs, to);
      }
    }
  });
}

/// What the tiles of one row work on: the addresses of its first output.
template <class T>
struct Row {
  int64_t outputs;
  const TileInput& in;
  const float* x;
  const float* weights;
  const TileOutput<T>& out;
  T* y;
};

/// Calls run(tile length, x, y) for all tiles of a row.
template <int Long, int Middle, class T, class Run>
void run_row(const Row<T>& row, const Run& run) {
  cover_row<Long, Middle>(
      row.outputs, [&](auto tile, int64_t first) { run(tile, row.x + first * row.in.output_step, row.y + first * row.out.pixel_step); });
}

/// Calls run(output step as a constant) for the steps of the layers of ResNeXt, in words, else with 0. Tiles shorter than a network's
/// rows are not worth code of their own.
template <int Tile, int... Steps, class Run>
void with_step(int64_t output_step, const Run& run) {
  if constexpr (Tile >= kMiddlePairTile) {
    if ((... || (output_step == Steps && (run(Constant<Steps>{}), true)))) return;
  }
  run(Constant<0>{});
}

template <class Op, class T>
void packed_row(const Row<T>& row, const PackedLanes& lanes) {
  if (lanes.group == 1) {
    run_row<kLongTile, kMiddleTile>(row, [&](auto tile, const float* x, T* y) {
      packed_tile<decltype(tile)::kValue, 1, 0, FloatWords>(row.in, x, row.weights, lanes, row.out, y);
    });
    return;
  }
  run_row<kLongPairTile, kMiddlePairTile>(row, [&](auto tile, const float* x, T* y) {
    constexpr int kTile = decltype(tile)::kValue;
    with_step<kTile, kLanes, 2 * kLanes>(row.in.output_step, [&](auto step) {
      constexpr int kStep = decltype(step)::kValue;
#if defined(__AVX512BF16__)
      if constexpr (__is_same(Op, PairWords)) {
        packed_pairs_tile<kTile, kStep>(row.in, x, row.weights, lanes, row.out, y);
        return;
      }
#endif
      packed_tile<kTile, 2, kStep, FloatWords>(row.in, x, row.weights, lanes, row.out, y);
    });
  });
}

template <class Op, class T>
void broadcast_row(const Row<T>& row, int64_t blocks) {
  if (blocks == 2) {
    run_row<kLongPairTile, kMiddlePairTile>(row, [&](auto tile, const float* x, T* y) {
      constexpr int kTile = decltype(tile)::kValue;
      with_step<kTile, 4, 6, 16, 32>(
          row.in.output_step, [&](auto step) { broadcast_tile<kTile, 2, decltype(step)::kValue, Op>(row.in, x, row.weights, row.out, y); });
    });
  } else {
    run_row<kLongTile, kMiddleTile>(row, [&](auto tile, const float* x, T* y) {
      constexpr int kTile = decltype(tile)::kValue;
      with_step<kTile, 8, 16, 32>(
          row.in.output_step, [&](auto step) { broadcast_tile<kTile, 1, decltype(step)::kValue, Op>(row.in, x, row.weights, row.out, y); });
    });
  }
}

/// The taps of one phase on one plane.
TileInput tile_input(const Correlation& c, const Axis& h, const Axis& w) {
  const int64_t strip_row = c.columns.size() * c.pixel_words;
  TileInput in{};
  in.output_step = w.in_step * c.pixel_words;
  in.weight_block = c.planes.packed ? kLanes : c.block_words();
  in.rows = w.taps == 0 ? 0 : h.taps;
  in.row_x = h.delta * strip_row;
  in.row_weight = h.weight_step * c.filter_width * c.tap_words();
  in.runs = w.taps;
  in.run_x = w.delta * c.pixel_words;
  in.run_weight = w.weight_step * c.tap_words();
  in.length = 1;
  if (!c.planes.packed) {
    in.length = c.depth;
    in.step_x = 1;
    in.step_weight = kLanes;
  }
  // Runs that follow each other without a gap, or single steps, become one run.
  if (in.length == 1 || (in.run_x == in.length && in.run_weight == in.length * kLanes)) {
    if (in.length == 1) {
      in.step_x = in.run_x;
      in.step_weight = in.run_weight;
    }
    in.length *= in.runs;
    in.runs = 1;
  }
  return in;
}

/// Output rows [first, last) of every phase, for one plane whose strip starts at input row first * in_step + rows.begin.
template <class Op, class T>
void correlate_plane(const Correlation& c, const PackedLanes& lanes, const float* strip, const float* weight, const float* bias, T* image,
                     int64_t plane, int64_t first, int64_t last) {
  const int64_t strip_row = c.columns.size() * c.pixel_words;
  for (int64_t block = 0; block < c.planes.lane_blocks; block += 2) {
    const int64_t blocks = min_of(2, c.planes.lane_blocks - block);
    const int64_t channel = c.planes.out_first(plane, block);
    TileOutput<T> out{};
    for (int64_t b = 0; b < blocks; ++b) {
      out.lanes[b] = c.planes.out_size(plane, block + b);
      if (bias != nullptr) out.bias[b] = load_lanes(bias + channel + b * kLanes, out.lanes[b]);
    }
    const float* block_weight = weight + (c.planes.packed ? plane : plane * c.planes.lane_blocks + block) * c.block_words();
    for (int64_t phase_h = 0; phase_h < c.phases_h(); ++phase_h) {
      const Axis h = c.axis_h(phase_h);
      for (int64_t phase_w = 0; phase_w < c.phases_w(); ++phase_w) {
        const Axis w = c.axis_w(phase_w);
        const TileInput in = tile_input(c, h, w);
        const float* tap_weight = block_weight + (h.weight_first * c.filter_width + w.weight_first) * c.tap_words();
        out.pixel_step = w.out_step * c.planes.out_channels;
        for (int64_t i = first; i < min_of(last, h.count); ++i) {
          const float* x = strip;
          if (in.rows > 0) {
            x += ((i - first) * h.in_step + h.first - c.rows.begin) * strip_row + (w.first - c.columns.begin) * c.pixel_words;
          }
          T* y = image + ((h.out_first + i * h.out_step) * c.out_width + w.out_first) * c.planes.out_channels + channel;
          const Row<T> row{w.count, in, x, tap_weight, out, y};
          if (c.planes.packed) {
            packed_row<Op>(row, lanes);
          } else {
            broadcast_row<Op>(row, blocks);
          }
        }
      }
    }
  }
}

static inline void pack_strip(const Correlation&, const float* image, const Part& part, float* strip, int64_t pixel_words) {
  pack_floats(image, part, strip, pixel_words);
}
static inline void pack_strip(const Correlation& c, const bf16* image, const Part& part, float* strip, int64_t pixel_words) {
  if (c.pairs) {
    pack_channel_pairs(image, part, strip, pixel_words);
  } else {
    pack_floats(image, part, strip, pixel_words);
  }
}

template <class T>
void correlate(const oct_context* context, const Correlation& c, const T* in, const T* weight, const float* bias, T* out, void* workspace) {
  float* packed = static_cast<float*>(workspace);
  char* scratch = static_cast<char*>(workspace) + c.weight_bytes();
  pack_weights(context, c, weight, packed);
  const PackedLanes lanes(c.planes.out_group, c.depth);
  const int64_t sets = ceil_div(c.planes.count, c.together);
  const int64_t tasks = c.images * c.strips * sets;
  const int64_t threads = context->threads;
  parallel_for(context, threads, c.multiply_adds(), [&](int64_t thread, int64_t last_thread) {
    float* strip = reinterpret_cast<float*>(scratch + thread * c.scratch_bytes());
    // Images innermost: the weights of a set of planes stay in the cache.
    for (int64_t task = tasks * thread / threads; task < tasks * last_thread / threads; ++task) {
      const int64_t image = task / c.strips % c.images;
      const int64_t first = task % c.strips * c.strip_rows;
      const int64_t last = min_of(first + c.strip_rows, c.step_rows);
      const int64_t first_plane = task / c.strips / c.images * c.together;
      const int64_t last_plane = min_of(first_plane + c.together, c.planes.count);
      Part part{c.in_height, c.in_width, c.planes.in_channels, {0, 0}, c.columns, 0, 0};
      if (c.rows.size() > 0) part.rows = {first * c.in_step() + c.rows.begin, (last - 1) * c.in_step() + c.rows.end};
      for (int64_t plane = first_plane; plane < last_plane; ++plane) {
        part.channel = c.planes.in_first(plane);
        part.channel_count = c.planes.in_size(plane);
        pack_strip(c, in + image * c.in_height * c.in_width * c.planes.in_channels, part, strip + (plane - first_plane) * c.plane_words(),
                   c.pixel_words);
      }
      for (int64_t plane = first_plane; plane < last_plane; ++plane) {
        T* to = out + image * c.out_height * c.out_width * c.planes.out_channels;
        const float* from = strip + (plane - first_plane) * c.plane_words();
        if (c.pairs) {
          correlate_plane<PairWords>(c, lanes, from, packed, bias, to, plane, first, last);
        } else {
          correlate_plane<FloatWords>(c, lanes, from, packed, bias, to, plane, first, last);
        }
      }
    }
  });
}

template <class T>
oct_status forward(oct_call* call) {
  const auto& a = args<oct_grouped_conv_forward_args>(call);
  correlate(call->context, plan_of<Correlation>(call), data<const T>(a.x), data<const T>(a.weight), data<const float>(a.bias), data<T>(a.y),
            call->workspace);
  return OCT_OK;
}

template <class T>
oct_status backward_data(oct_call* call) {
  const auto& a = args<oct_grouped_conv_backward_data_args>(call);
  correlate(call->context, plan_of<Correlation>(call), data<const T>(a.dy), data<const T>(a.weight), nullptr, data<T>(a.dx),
            call->workspace);
  return OCT_OK;
}

int64_t pixels_of(const oct_tensor& x) { return x.shape[0] * x.shape[1] * x.shape[2]; }

template <class T>
oct_status forward_product(oct_call* call) {
  const auto& a = args<oct_grouped_conv_forward_args>(call);
  const int64_t c = a.x.shape[3], k = a.y.shape[3];
  gemm_nt(call->context, pixels_of(a.x), k, c, data<const T>(a.x), c, data<const T>(a.weight), c, data<const float>(a.bias), data<T>(a.y),
          k, call->workspace);
  return OCT_OK;
}

template <class T>
oct_status backward_data_product(oct_call* call) {
  const auto& a = args<oct_grouped_conv_backward_data_args>(call);
  const int64_t c = a.dx.shape[3], k = a.dy.shape[3];
  gemm_nn(call->context, pixels_of(a.dy), c, k, data<const T>(a.dy), k, data<const T>(a.weight), c, data<T>(a.dx), c, call->workspace);
  return OCT_OK;
}

oct_status keep(oct_call* call, const Correlation& correlation) {
  call->workspace_bytes = static_cast<size_t>(correlation.workspace_bytes(call->context->threads));
  return keep_plan(call, correlation);
}

}  // namespace

oct_status grouped_conv_forward(oct_call* call) {
  const auto& a = args<oct_grouped_conv_forward_args>(call);
  if (is_product(a.conv, a.weight)) {
    call->workspace_bytes = gemm_workspace(call->context, Gemm::kNT, a.x.dtype, pixels_of(a.x), a.y.shape[3], a.x.shape[3]);
    return OCT_RUNS(call, a.x.dtype, forward_product);
  }
  const oct_status status = keep(call, Correlation(a.conv, false, a.x, a.weight, a.y));
  return status != OCT_OK ? status : OCT_RUNS(call, a.x.dtype, forward);
}

oct_status grouped_conv_backward_data(oct_call* call) {
  const auto& a = args<oct_grouped_conv_backward_data_args>(call);
  if (is_product(a.conv, a.weight)) {
    call->workspace_bytes = gemm_workspace(call->context, Gemm::kNN, a.dy.dtype, pixels_of(a.dy), a.dx.shape[3], a.dy.shape[3]);
    return OCT_RUNS(call, a.dy.dtype, backward_data_product);
  }
  const oct_status status = keep(call, Correlation(a.conv, true, a.dy, a.weight, a.dx));
  return status != OCT_OK ? status : OCT_RUNS(call, a.dy.dtype, backward_data);
}

OCT_KERNEL_END
