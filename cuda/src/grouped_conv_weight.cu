// Launchers of the weight gradient of a grouped convolution.
#include <algorithm>
#include <cinttypes>

#include "conv_1x1_weight.cuh"
#include "grouped_conv_problem.h"
#include "grouped_conv_weight.h"
#include "grouped_conv_weight_direct.cuh"
#include "grouped_conv_weight_packed.cuh"
#include "grouped_conv_weight_wide.cuh"
#include "split_sum.cuh"

namespace oct::cuda {

namespace {

WeightShape weight_shape(const ConvProblem& problem) {
  WeightShape s{};
  s.n = problem.x->shape[0];
  s.h = problem.x->shape[1];
  s.w = problem.x->shape[2];
  s.c = problem.x->shape[3];
  s.k = problem.weight->shape[0];
  s.r = problem.weight->shape[1];
  s.s = problem.weight->shape[2];
  s.channels = problem.weight->shape[3];
  s.p = problem.y->shape[1];
  s.q = problem.y->shape[2];
  s.groups = problem.conv->groups;
  s.filters = s.k / s.groups;
  s.stride_h = problem.conv->stride_h;
  s.stride_w = problem.conv->stride_w;
  s.padding_h = problem.conv->padding_h;
  s.padding_w = problem.conv->padding_w;
  s.dilation_h = problem.conv->dilation_h;
  s.dilation_w = problem.conv->dilation_w;
  return s;
}

const void* input(const ConvProblem& problem) { return problem.x->data; }
const void* output_gradient(const ConvProblem& problem) { return problem.y->data; }
float* weight_gradient(const ConvProblem& problem) { return data<float>(problem.weight); }
float* bias_gradient(const ConvProblem& problem) { return data<float>(problem.bias); }
oct_dtype float_type(const ConvProblem& problem) { return problem.x->dtype; }

constexpr int64_t kMaxSplits = 65535;  // blocks along y

// Floats of one split's dweight in the workspace, a multiple of 16 bytes.
int64_t weight_pitch(const WeightShape& s) { return gpu::round_up<int64_t>(s.k * s.r * s.s * s.channels, 16); }

size_t splits_workspace(const gpu::Limits& limits, const ConvProblem& problem, int64_t splits) {
  const WeightShape s = weight_shape(problem);
  return static_cast<size_t>(splits * weight_pitch(s)) * sizeof(float) + column_sum_workspace(limits, s.n * s.p * s.q, s.k);
}

// Adds the splits into dweight, and dy's columns into dbias where it is wanted.
oct_status finish(oct_context* context, const ConvProblem& problem, int64_t splits, float* partial) {
  const WeightShape s = weight_shape(problem);
  const int64_t pitch = weight_pitch(s);
  OCT_CUDA_TRY(launch_split_sum(context, partial, pitch, splits, weight_gradient(problem), s.k * s.r * s.s * s.channels));
  if (bias_gradient(problem) == nullptr) return OCT_OK;
  return with_float_type(float_type(problem), [&](auto type) {
    using T = decltype(type);
    return launch_column_sums(context, static_cast<const T*>(output_gradient(problem)), s.n * s.p * s.q, s.k, bias_gradient(problem),
                              partial + splits * pitch);
  });
}

// ---- direct ------------------------------------------------------------------------------------------------------------------------

int64_t direct_units(const WeightShape& s) { return s.k * s.r * s.s * gpu::ceil_div<int64_t>(s.channels, 4); }

// Rows (n, p) a split: enough splits to fill the device with 2048 threads a multiprocessor.
int64_t direct_rows(const gpu::Limits& limits, const WeightShape& s) {
  const int64_t blocks = gpu::ceil_div<int64_t>(direct_units(s), 256);
  const int64_t splits = std::clamp<int64_t>(limits.multiprocessors * INT64_C(8) / blocks, 1, std::min(s.n * s.p, kMaxSplits));
  return gpu::ceil_div(s.n * s.p, splits);
}

int64_t direct_splits(const gpu::Limits& limits, const WeightShape& s) { return gpu::ceil_div(s.n * s.p, direct_rows(limits, s)); }

std::string direct_refuses(const gpu::Limits&, const ConvProblem&) { return ""; }

size_t direct_workspace(const gpu::Limits& limits, const ConvProblem& problem) {
  return splits_workspace(limits, problem, direct_splits(limits, weight_shape(problem)));
}

oct_status direct_run(oct_context* context, const ConvProblem& problem, void* workspace) {
  const WeightShape s = weight_shape(problem);
  const int64_t splits = direct_splits(limits(context), s), units = direct_units(s);
  float* partial = static_cast<float*>(workspace);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(units, 256)), static_cast<unsigned>(splits)), dim3(256)};
  OCT_CUDA_TRY(with_float_type(float_type(problem), [&](auto type) {
    using T = decltype(type);
    return launch(context, "grouped_conv_backward_weight_direct", grouped_conv_backward_weight_direct<T>, shape,
                  static_cast<const T*>(input(problem)), static_cast<const T*>(output_gradient(problem)), s, units,
                  direct_rows(limits(context), s), partial, weight_pitch(s));
  }));
  return finish(context, problem, splits, partial);
}

// ---- streams of pixels -------------------------------------------------------------------------------------------------------------

bool aligned(const void* data) { return reinterpret_cast<uintptr_t>(data) % 16 == 0; }

// What packed and wide have in common.
std::string stream_refuses(const ConvProblem& problem) {
  const WeightShape s = weight_shape(problem);
  if (float_type(problem) != OCT_BF16) return "needs bf16";
  if (s.r != 3 || s.s != 3) return "needs a 3x3 filter";
  if (s.dilation_h != 1 || s.dilation_w != 1) return "needs dilation 1";
  if (s.stride_h > 2 || s.stride_w > 2) return "needs strides 1 and 2";
  if (s.c % 8 != 0 || s.k % 8 != 0) return "needs C and K in multiples of 8";
  if (!aligned(input(problem)) || !aligned(output_gradient(problem))) return "needs 16-byte aligned tensors";
  // Every index of a pixel and of a position fits 31 bits, with room for a block's last stage.
  const int64_t limit = INT64_C(1) << 30;
  if (s.h > limit / s.w || s.n > limit / (s.h * s.w) || s.n > limit / ((s.p + 2) * (s.q + 2)) || s.c > limit || s.k > limit) {
    return "needs fewer than 2^30 pixels";
  }
  return "";
}

PixelStreams pixel_streams(const WeightShape& s) {
  PixelStreams t{};
  // The largest shift of a tap, less the columns and rows of zeros that neighbours share: the right padding of a row is the left one of the
  // next, where the stride is 1.
  const int64_t columns = 2 / s.stride_w, rows = 2 / s.stride_h;
  const int64_t row = s.q + columns - (s.stride_w == 1 ? std::min<int64_t>(s.padding_w, columns) : 0);
  const int64_t image_rows = s.p + rows - (s.stride_h == 1 ? std::min<int64_t>(s.padding_h, rows) : 0);
  t.row = static_cast<int32_t>(row);
  t.image_rows = static_cast<int32_t>(image_rows);
  t.stages = static_cast<int32_t>(gpu::ceil_div<int64_t>(s.n * image_rows * row, kStagePixels));
  t.halo_stages = static_cast<int32_t>(gpu::ceil_div<int64_t>(rows * row + columns, kStagePixels));
  t.ring = (t.halo_stages + kStagesInFlight + 1) * kStagePixels;
  t.streams = static_cast<int32_t>(s.stride_h * s.stride_w);
  t.n = static_cast<int32_t>(s.n);
  t.h = static_cast<int32_t>(s.h);
  t.w = static_cast<int32_t>(s.w);
  t.p = static_cast<int32_t>(s.p);
  t.q = static_cast<int32_t>(s.q);
  t.c = static_cast<int32_t>(s.c);
  t.k = static_cast<int32_t>(s.k);
  t.stride_h = static_cast<int32_t>(s.stride_h);
  t.stride_w = static_cast<int32_t>(s.stride_w);
  t.padding_h = static_cast<int32_t>(s.padding_h);
  t.padding_w = static_cast<int32_t>(s.padding_w);
  t.channels = static_cast<int32_t>(s.channels);
  t.filters = static_cast<int32_t>(s.filters);
  t.groups = static_cast<int32_t>(s.groups);
  return t;
}

// Splits for `tiles` blocks each: the device once full; a split is at least twice as long as the halo that it loads before its first
// product.
int64_t stream_splits(const gpu::Limits& limits, const PixelStreams& t, int64_t tiles, int64_t blocks_a_multiprocessor) {
  const int64_t wanted = limits.multiprocessors * blocks_a_multiprocessor / tiles;
  return std::clamp<int64_t>(wanted, 1, std::clamp<int64_t>(t.stages / (2 * t.halo_stages + 2), 1, kMaxSplits));
}

template <class Rings>
std::string ring_refuses(const gpu::Limits& limits, const WeightShape& s) {
  const size_t table = 2048;  // rounded up to the alignment of dynamic shared memory
  const PixelStreams t = pixel_streams(s);
  const size_t bytes = Rings::bytes(t.streams, t.ring) + table;
  if (bytes <= limits.shared_bytes) return "";
  return "needs " + std::to_string(bytes) + " bytes of shared memory, but a block has " + std::to_string(limits.shared_bytes);
}

// ---- packed ------------------------------------------------------------------------------------------------------------------------

// Blocks on a multiprocessor: registers for 3 (or 2), 60 KB of shared memory each at 56 columns.
int64_t packed_blocks(const WeightShape& s) { return s.channels == 16 ? 2 : 3; }

std::string packed_refuses(const gpu::Limits& limits, const ConvProblem& problem) {
  const WeightShape s = weight_shape(problem);
  if (s.channels != s.filters || s.channels > 16 || (s.channels & (s.channels - 1)) != 0) {
    return "needs 1, 2, 4, 8 or 16 channels a group, as many of x as of y, but there are " + std::to_string(s.channels) + " and " +
           std::to_string(s.filters);
  }
  const std::string reason = stream_refuses(problem);
  return reason.empty() ? ring_refuses<PackedRings>(limits, s) : reason;
}

int64_t packed_tiles(const WeightShape& s) { return gpu::ceil_div<int64_t>(s.c, kPackedChannels); }

int64_t packed_splits(const gpu::Limits& limits, const WeightShape& s) {
  return stream_splits(limits, pixel_streams(s), packed_tiles(s), packed_blocks(s));
}

size_t packed_workspace(const gpu::Limits& limits, const ConvProblem& problem) {
  return splits_workspace(limits, problem, packed_splits(limits, weight_shape(problem)));
}

oct_status packed_run(oct_context* context, const ConvProblem& problem, void* workspace) {
  const WeightShape s = weight_shape(problem);
  const PixelStreams t = pixel_streams(s);
  const int64_t splits = packed_splits(limits(context), s);
  float* partial = static_cast<float*>(workspace);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(packed_tiles(s)), static_cast<unsigned>(splits)), dim3(kPackedThreads),
                               PackedRings::bytes(t.streams, t.ring)};
  OCT_CUDA_TRY(launch(
      context, "grouped_conv_backward_weight_packed_groups",
      s.channels == 16 ? grouped_conv_backward_weight_packed_groups<true> : grouped_conv_backward_weight_packed_groups<false>, shape,
      static_cast<const gpu::bf16*>(input(problem)), static_cast<const gpu::bf16*>(output_gradient(problem)), t, partial, weight_pitch(s)));
  return finish(context, problem, splits, partial);
}

// ---- wide --------------------------------------------------------------------------------------------------------------------------

using Tile32 = WideTile<32, 32, 1, 1, 4>;  // 4 groups of 32 channels
using Tile48 = WideTile<48, 24, 1, 2, 2>;  // 2 groups of 48
using Tile64 = WideTile<32, 32, 2, 2, 1>;  // 64 by 64 channels of one group
using Tile96 = WideTile<48, 24, 2, 2, 1>;  // 96 of dy by 48 of x of one group

// Calls body with the tile for the shape: the one that wastes least of those whose rings fit.
template <class Body>
auto with_wide_tile(const gpu::Limits& limits, const WeightShape& s, Body&& body) {
  if (s.channels == 32 && s.filters == 32 && ring_refuses<Tile32::Rings>(limits, s).empty()) return body(Tile32{});
  if (s.channels == 48 && s.filters == 48 && ring_refuses<Tile48::Rings>(limits, s).empty()) return body(Tile48{});
  if (s.channels % 48 == 0 && s.filters % 96 == 0 && ring_refuses<Tile96::Rings>(limits, s).empty()) return body(Tile96{});
  return body(Tile64{});
}

template <class Tile>
int64_t wide_tiles(const WeightShape& s) {
  if (Tile::Groups > 1) return gpu::ceil_div<int64_t>(s.groups, Tile::Groups);
  return s.groups * gpu::ceil_div<int64_t>(s.filters, Tile::K) * gpu::ceil_div<int64_t>(s.channels, Tile::C);
}

std::string wide_refuses(const gpu::Limits& limits, const ConvProblem& problem) {
  const WeightShape s = weight_shape(problem);
  if (s.channels % 8 != 0 || s.filters % 8 != 0 || s.channels < 24 || s.filters < 24) {
    return "needs 24 or more channels a group, in multiples of 8, but there are " + std::to_string(s.channels) + " of x and " +
           std::to_string(s.filters) + " of y";
  }
  const std::string reason = stream_refuses(problem);
  return reason.empty() ? ring_refuses<Tile64::Rings>(limits, s) : reason;
}

int64_t wide_splits(const gpu::Limits& limits, const WeightShape& s) {
  const int64_t tiles = with_wide_tile(limits, s, [&](auto tile) { return wide_tiles<decltype(tile)>(s); });
  return stream_splits(limits, pixel_streams(s), tiles, 1);
}

size_t wide_workspace(const gpu::Limits& limits, const ConvProblem& problem) {
  return splits_workspace(limits, problem, wide_splits(limits, weight_shape(problem)));
}

oct_status wide_run(oct_context* context, const ConvProblem& problem, void* workspace) {
  const WeightShape s = weight_shape(problem);
  const PixelStreams t = pixel_streams(s);
  const int64_t splits = wide_splits(limits(context), s);
  float* partial = static_cast<float*>(workspace);
  OCT_CUDA_TRY(with_wide_tile(limits(context), s, [&](auto tile) {
    using Tile = decltype(tile);
    const gpu::LaunchShape shape{dim3(static_cast<unsigned>(wide_tiles<Tile>(s)), static_cast<unsigned>(splits)), dim3(kWideThreads),
                                 Tile::Rings::bytes(t.streams, t.ring)};
    return launch(context, "grouped_conv_backward_weight_wide_groups", grouped_conv_backward_weight_wide_groups<Tile>, shape,
                  static_cast<const gpu::bf16*>(input(problem)), static_cast<const gpu::bf16*>(output_gradient(problem)), t, partial,
                  weight_pitch(s));
  }));
  return finish(context, problem, splits, partial);
}

// ---- 1x1 of one group ----------------------------------------------------------------------------------------------------------------

std::string conv_1x1_refuses(const gpu::Limits& limits, const ConvProblem& problem) {
  const WeightShape s = weight_shape(problem);
  const int64_t limit = INT64_C(1) << 30;
  if (float_type(problem) != OCT_BF16) return "needs bf16";
  if (s.groups != 1 || s.r != 1 || s.s != 1) return "needs 1x1 and one group";
  if (s.c % 8 != 0 || s.k % 8 != 0) return "needs C and K in multiples of 8";
  if (!aligned(input(problem)) || !aligned(output_gradient(problem))) return "needs 16-byte aligned tensors";
  if (std::max({s.n, s.h, s.w, s.c, s.k}) > limit) return "needs extents below 2^30";
  return limits.shared_bytes < kTileShared ? "needs more shared memory than a block has" : "";
}

int64_t conv_1x1_tiles(const WeightShape& s) { return gpu::ceil_div<int64_t>(s.k, kTile) * gpu::ceil_div<int64_t>(s.c, kTile); }

// Two blocks a multiprocessor, and at least 16 stages of 32 pixels a split.
int64_t conv_1x1_splits(const gpu::Limits& limits, const WeightShape& s) {
  const int64_t most = std::clamp<int64_t>(gpu::ceil_div<int64_t>(s.n * s.p * s.q, kTileDepth) / 16, 1, kMaxSplits);
  return std::clamp<int64_t>(limits.multiprocessors * INT64_C(2) / conv_1x1_tiles(s), 1, most);
}

size_t conv_1x1_workspace(const gpu::Limits& limits, const ConvProblem& problem) {
  return splits_workspace(limits, problem, conv_1x1_splits(limits, weight_shape(problem)));
}

oct_status conv_1x1_run(oct_context* context, const ConvProblem& problem, void* workspace) {
  const WeightShape s = weight_shape(problem);
  const int64_t splits = conv_1x1_splits(limits(context), s);
  const PixelMap map = pixel_map(s.n, s.h, s.w, s.p, s.q, s.stride_h, s.stride_w, s.padding_h, s.padding_w, false);
  float* partial = static_cast<float*>(workspace);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(conv_1x1_tiles(s)), static_cast<unsigned>(splits)), dim3(kTileThreads),
                               kTileShared};
  OCT_CUDA_TRY(launch(context, "conv_1x1_backward_weight_mma", conv_1x1_backward_weight_mma, shape,
                      static_cast<const gpu::bf16*>(input(problem)), static_cast<const gpu::bf16*>(output_gradient(problem)), map,
                      static_cast<int32_t>(s.c), static_cast<int32_t>(s.k), partial, weight_pitch(s)));
  return finish(context, problem, splits, partial);
}

constexpr Variant<ConvProblem> kVariants[] = {
    {{"grouped_conv", "backward_weight", "conv_1x1_backward_weight_mma",
      "bf16, 1x1, one group, C and K multiples of 8; any stride and padding; tensor cores (mma.sync)"},
     conv_1x1_refuses,
     nullptr,
     conv_1x1_workspace,
     conv_1x1_run},
    {{"grouped_conv", "backward_weight", "grouped_conv_backward_weight_packed_groups",
      "bf16, 3x3, strides 1 and 2; 1, 2, 4, 8 or 16 channels a group, C a multiple of 8; tensor cores (mma.sync)"},
     packed_refuses,
     nullptr,
     packed_workspace,
     packed_run},
    {{"grouped_conv", "backward_weight", "grouped_conv_backward_weight_wide_groups",
      "bf16, 3x3, strides 1 and 2; 24 and more channels a group, a multiple of 8; tensor cores (mma.sync)"},
     wide_refuses,
     nullptr,
     wide_workspace,
     wide_run},
    {{"grouped_conv", "backward_weight", "grouped_conv_backward_weight_direct", "every shape, f32 and bf16; scalar multiply-adds"},
     direct_refuses,
     nullptr,
     direct_workspace,
     direct_run},
};

}  // namespace

std::span<const Variant<ConvProblem>> grouped_conv_backward_weight_variants() { return kVariants; }

}  // namespace oct::cuda
