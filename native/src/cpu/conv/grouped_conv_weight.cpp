// Grouped convolution, backward_weight. Images are cut into strips of output rows, and the strips into chunks, by the shape alone; each
// chunk sums its part of the gradient in the workspace, and the chunks are added in their order: the bits do not depend on the threads.
#include "../column_sums.h"
#include "../gemm/gemm.h"
#include "../kernels.h"
#include "../parallel.h"
#include "../prepare.h"
#include "grouped_conv_weight_tile.h"

OCT_KERNEL_BEGIN

namespace {

/// Tasks below which the images are cut into more chunks; enough for an even share on many cores.
constexpr int64_t kTasks = 64;
/// Bytes of partial sums above which there are no further chunks.
constexpr int64_t kPartialBytes = int64_t{64} << 20;

struct WeightGradient {
  oct_conv conv;
  int64_t images, height, width, out_height, out_width;
  int64_t filter_height, filter_width;
  Planes planes;
  bool pairs;               ///< pixel pairs for vdpbf16ps
  int64_t positions;        ///< outputs of a row, or pairs of them
  int64_t pixel_words;      ///< of x in a strip
  int64_t columns;          ///< of x in a strip
  int64_t blocks_together;  ///< registers of output channels in a task
  int64_t together;         ///< planes in a task
  int64_t strip_rows, strips, chunks;

  WeightGradient(const oct_conv& geometry, const oct_tensor& x, const oct_tensor& weight, const oct_tensor& dy)
      : conv(geometry),
        images(x.shape[0]),
        height(x.shape[1]),
        width(x.shape[2]),
        out_height(dy.shape[1]),
        out_width(dy.shape[2]),
        filter_height(weight.shape[1]),
        filter_width(weight.shape[2]),
        planes(x.shape[3], dy.shape[3], geometry.groups, 1),
        pairs(kPairWords && x.dtype == OCT_BF16),
        positions(pairs ? ceil_div(out_width, 2) : out_width),
        pixel_words(planes.packed ? kLanes : planes.in_group),
        columns((out_width - 1) * conv.stride_w + (filter_width - 1) * conv.dilation_w + 1),
        blocks_together(min_of(2, planes.lane_blocks)),
        together(min_of(planes.packed ? kPlanesTogether : 1, planes.count)),
        strip_rows(0),
        strips(0),
        chunks(0) {
    const int64_t row_bytes = (columns * pixel_words * conv.stride_h + dy_row_words()) * 4 * together;
    strip_rows = min_of(max_of(kStripBytes / row_bytes, 1), out_height);
    strip_rows = ceil_div(out_height, ceil_div(out_height, strip_rows));
    strips = ceil_div(out_height, strip_rows);
    chunks = min_of(ceil_div(kTasks, units()), kPartialBytes / (planes.count * planes.lane_blocks * block_words() * 4));
    chunks = min_of(max_of(chunks, 1), images * strips);
  }

  int64_t dy_row_words() const { return positions * blocks_together * kLanes; }
  int64_t x_plane_words() const {
    return ((strip_rows - 1) * conv.stride_h + (filter_height - 1) * conv.dilation_h + 1) * columns * pixel_words;
  }
  int64_t dy_plane_words() const { return strip_rows * dy_row_words(); }
  int64_t pairs_of_blocks() const { return ceil_div(planes.lane_blocks, blocks_together); }
  int64_t units() const { return ceil_div(planes.count, together) * pairs_of_blocks(); }
  /// Words of the gradient for one register of output channels: [R,S,C/G,kLanes].
  int64_t block_words() const { return filter_height * filter_width * planes.in_group * kLanes; }
  int64_t chunk_words() const { return planes.count * planes.lane_blocks * block_words(); }
  int64_t partial_bytes() const { return aligned_64(chunks * chunk_words() * 4); }
  int64_t scratch_bytes() const { return aligned_64((x_plane_words() + dy_plane_words()) * together * 4); }
  int64_t workspace_bytes(int64_t threads) const { return partial_bytes() + threads * scratch_bytes(); }
  int64_t multiply_adds() const {
    return images * out_height * out_width * planes.out_channels * filter_height * filter_width * planes.in_group;
  }
};

template <class T>
void pack_gradient_strip(const WeightGradient& g, const T* image, const Part& part, int64_t, int64_t, int64_t, float* strip,
                         int64_t pixel_words) {
  static_cast<void>(g);
  pack_floats(image, part, strip, pixel_words);
}
template <>
void pack_gradient_strip(const WeightGradient& g, const bf16* image, const Part& part, int64_t pair_positions, int64_t column_step,
                         int64_t pair_step, float* strip, int64_t pixel_words) {
  if (g.pairs) {
    pack_pixel_pairs(image, part, pair_positions, column_step, pair_step, strip, pixel_words);
  } else {
    pack_floats(image, part, strip, pixel_words);
  }
}

/// Rows [first, last) of one image and plane into `x` and `dy`.
template <class T>
void pack_plane(const WeightGradient& g, const T* x_image, const T* dy_image, int64_t plane, int64_t block, int64_t first, int64_t last,
                float* x, float* dy) {
  const int64_t top = first * g.conv.stride_h - g.conv.padding_h;
  const int64_t bottom = (last - 1) * g.conv.stride_h + (g.filter_height - 1) * g.conv.dilation_h + 1 - g.conv.padding_h;
  const Part x_part{g.height,
                    g.width,
                    g.planes.in_channels,
                    {top, bottom},
                    {-g.conv.padding_w, g.columns - g.conv.padding_w},
                    g.planes.in_first(plane),
                    g.planes.in_size(plane)};
  pack_gradient_strip(g, x_image, x_part, g.columns, 1, g.conv.stride_w, x, g.pixel_words);
  int64_t lanes = 0;
  for (int64_t b = block; b < min_of(block + g.blocks_together, g.planes.lane_blocks); ++b) lanes += g.planes.out_size(plane, b);
  const Part dy_part{g.out_height, g.out_width, g.planes.out_channels, {first, last}, {0, g.out_width}, g.planes.out_first(plane, block),
                     lanes};
  pack_gradient_strip(g, dy_image, dy_part, g.positions, 2, 1, dy, g.blocks_together * kLanes);
}

template <class Op>
void accumulate_plane(const WeightGradient& g, const PackedLanes& lanes, const float* x, const float* dy, int64_t rows, int64_t blocks,
                      float* partial) {
  const int64_t strip_row = g.columns * g.pixel_words;
  const GradientInput in{g.conv.stride_h * strip_row,
                         g.conv.stride_w * (g.pairs ? 2 : 1) * g.pixel_words,
                         dy,
                         g.dy_row_words(),
                         g.blocks_together * kLanes,
                         rows,
                         g.positions};
  for (int64_t r = 0; r < g.filter_height; ++r) {
    const float* row = x + r * g.conv.dilation_h * strip_row;
    float* row_partial = partial + r * g.filter_width * g.planes.in_group * kLanes;
    if (g.planes.packed) {
      accumulate_packed_row<Op>(in, row, lanes, g.filter_width, g.conv.dilation_w * kLanes, row_partial);
    } else {
      accumulate_broadcast_row<Op>(in, row, g.planes.in_group, g.filter_width, g.conv.dilation_w * g.pixel_words, blocks, g.block_words(),
                                   row_partial);
    }
  }
}

/// dweight = the chunks' sums in their order, from [R,S,C/G,kLanes] a register to [K,R,S,C/G]. In packed groups, sum m of lane l is that of
/// input channel l and output channel l ^ m.
void reduce_chunks(const oct_context* context, const WeightGradient& g, const float* partial, float* dweight) {
  const int64_t per_output = g.filter_height * g.filter_width * g.planes.in_group;
  const int64_t blocks = g.planes.count * g.planes.lane_blocks;
  parallel_for(context, blocks, blocks * per_output * kLanes, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t plane = i / g.planes.lane_blocks, block = i % g.planes.lane_blocks;
      const int64_t lanes = g.planes.out_size(plane, block);
      float* to = dweight + g.planes.out_first(plane, block) * per_output;
      const float* from = partial + i * g.block_words();
      for (int64_t f = 0; f < per_output; ++f) {
        vf sum = load(from + f * kLanes);
        for (int64_t chunk = 1; chunk < g.chunks; ++chunk) sum += load(from + chunk * g.chunk_words() + f * kLanes);
        if (g.planes.packed) {
          const int64_t m = f % g.planes.in_group;
          for (int64_t lane = 0; lane < lanes; ++lane) to[(lane ^ m) * per_output + f - m + lane % g.planes.in_group] = sum[lane];
        } else {
          for (int64_t lane = 0; lane < lanes; ++lane) to[lane * per_output + f] = sum[lane];
        }
      }
    }
  });
}

template <class T>
void accumulate(const oct_context* context, const WeightGradient& g, const T* x, const T* dy, float* dweight, void* workspace) {
  float* partial = static_cast<float*>(workspace);
  char* scratch = static_cast<char*>(workspace) + g.partial_bytes();
  const PackedLanes lanes(g.planes.in_group, g.planes.in_group);
  const int64_t tasks = g.units() * g.chunks;
  const int64_t threads = context->threads;
  parallel_for(context, threads, g.multiply_adds(), [&](int64_t thread, int64_t last_thread) {
    float* x_strip = reinterpret_cast<float*>(scratch + thread * g.scratch_bytes());
    float* dy_strip = x_strip + g.x_plane_words() * g.together;
    for (int64_t task = tasks * thread / threads; task < tasks * last_thread / threads; ++task) {
      const int64_t chunk = task % g.chunks;
      const int64_t block = task / g.chunks % g.pairs_of_blocks() * g.blocks_together;
      const int64_t blocks = min_of(g.blocks_together, g.planes.lane_blocks - block);
      const int64_t first_plane = task / g.chunks / g.pairs_of_blocks() * g.together;
      const int64_t last_plane = min_of(first_plane + g.together, g.planes.count);
      const auto sums_of = [&](int64_t plane) {
        return partial + chunk * g.chunk_words() + (plane * g.planes.lane_blocks + block) * g.block_words();
      };
      for (int64_t plane = first_plane; plane < last_plane; ++plane) clear_words(sums_of(plane), blocks * g.block_words());
      const int64_t all_strips = g.images * g.strips;
      for (int64_t strip = all_strips * chunk / g.chunks; strip < all_strips * (chunk + 1) / g.chunks; ++strip) {
        const int64_t image = strip / g.strips;
        const int64_t first = strip % g.strips * g.strip_rows;
        const int64_t last = min_of(first + g.strip_rows, g.out_height);
        for (int64_t plane = first_plane; plane < last_plane; ++plane) {
          pack_plane(g, x + image * g.height * g.width * g.planes.in_channels,
                     dy + image * g.out_height * g.out_width * g.planes.out_channels, plane, block, first, last,
                     x_strip + (plane - first_plane) * g.x_plane_words(), dy_strip + (plane - first_plane) * g.dy_plane_words());
        }
        for (int64_t plane = first_plane; plane < last_plane; ++plane) {
          const float* x_plane = x_strip + (plane - first_plane) * g.x_plane_words();
          const float* dy_plane = dy_strip + (plane - first_plane) * g.dy_plane_words();
          if (g.pairs) {
            accumulate_plane<PairWords>(g, lanes, x_plane, dy_plane, last - first, blocks, sums_of(plane));
          } else {
            accumulate_plane<FloatWords>(g, lanes, x_plane, dy_plane, last - first, blocks, sums_of(plane));
          }
        }
      }
    }
  });
  reduce_chunks(context, g, partial, dweight);
}

/// dbias [K] = sums of dy [pixels, K]: each register of channels row by row of the image, then over the rows.
template <class T>
void sum_pixels(const oct_context* context, const T* dy, int64_t rows, int64_t row_pixels, int64_t channels, float* dbias) {
  parallel_for(context, ceil_div(channels, kLanes), rows * row_pixels * channels, [&](int64_t begin, int64_t end) {
    for (int64_t channel = begin * kLanes; channel < min_of(end * kLanes, channels); channel += kLanes) {
      const int64_t lanes = min_of(kLanes, channels - channel);
      vf total{};
      for (int64_t row = 0; row < rows; ++row) {
        const T* from = dy + row * row_pixels * channels + channel;
        vf sum{};
        for (int64_t pixel = 0; pixel < row_pixels; ++pixel, from += channels) {
          if (lanes == kLanes) {
            sum += load(from);
          } else {
            for (int64_t lane = 0; lane < lanes; ++lane) sum[lane] += to_float(from[lane]);
          }
        }
        total += sum;
      }
      store_lanes(dbias + channel, total, lanes);
    }
  });
}

template <class T>
oct_status run(oct_call* call) {
  const auto& a = args<oct_grouped_conv_backward_weight_args>(call);
  const T* dy = data<T>(a.dy);
  accumulate(call->context, plan_of<WeightGradient>(call), data<const T>(a.x), dy, data<float>(a.dweight), call->workspace);
  if (a.dbias.data != nullptr) {
    sum_pixels(call->context, dy, a.dy.shape[0] * a.dy.shape[1], a.dy.shape[2], a.dy.shape[3], data<float>(a.dbias));
  }
  return OCT_OK;
}

/// A dense 1x1 convolution of stride 1 is a matrix product, with one row per pixel.
template <class T>
oct_status run_product(oct_call* call) {
  const auto& a = args<oct_grouped_conv_backward_weight_args>(call);
  const int64_t pixels = a.x.shape[0] * a.x.shape[1] * a.x.shape[2], c = a.x.shape[3], k = a.dy.shape[3];
  gemm_tn(call->context, k, c, pixels, data<const T>(a.dy), k, data<const T>(a.x), c, data<float>(a.dweight), c, call->workspace);
  if (a.dbias.data != nullptr) sum_columns(call->context, pixels, k, data<const T>(a.dy), data<float>(a.dbias));
  return OCT_OK;
}

}  // namespace

oct_status grouped_conv_backward_weight(oct_call* call) {
  const auto& a = args<oct_grouped_conv_backward_weight_args>(call);
  if (is_product(a.conv, a.dweight)) {
    const int64_t pixels = a.x.shape[0] * a.x.shape[1] * a.x.shape[2];
    call->workspace_bytes = gemm_workspace(call->context, Gemm::kTN, a.x.dtype, a.dy.shape[3], a.x.shape[3], pixels);
    return OCT_RUNS(call, a.x.dtype, run_product);
  }
  const WeightGradient gradient(a.conv, a.x, a.dweight, a.dy);
  call->workspace_bytes = static_cast<size_t>(gradient.workspace_bytes(call->context->threads));
  const oct_status status = keep_plan(call, gradient);
  return status != OCT_OK ? status : OCT_RUNS(call, a.x.dtype, run);
}

OCT_KERNEL_END
