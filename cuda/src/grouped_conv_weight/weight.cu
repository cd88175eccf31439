// Launchers of the weight gradient of a grouped convolution.
#include <algorithm>

#include "conv_1x1/weight.cuh"
#include "gemm/split_sum.cuh"
#include "grouped_conv/variants.h"
#include "grouped_conv_weight/direct.cuh"
#include "grouped_conv_weight/packed.cuh"
#include "grouped_conv_weight/wide.cuh"

namespace oct::cuda {

namespace {

constexpr int64_t kMaxSplits = 65535;  // blocks along y

// Floats of one split's dweight in the workspace, a multiple of 16 bytes.
int64_t weight_pitch(const ConvExtents& s) { return gpu::round_up<int64_t>(s.k * s.r * s.s * s.channels, 16); }

size_t splits_workspace(const gpu::Limits& limits, const ConvProblem& s, int64_t splits) {
  return static_cast<size_t>(splits * weight_pitch(s)) * sizeof(float) + column_sum_workspace(limits, s.n * s.p * s.q, s.k);
}

// Adds the splits into dweight, and dy's columns into dbias where it is wanted.
oct_status finish(Launches& launches, const ConvProblem& s, int64_t splits, float* partial) {
  const int64_t pitch = weight_pitch(s);
  OCT_TRY(launch_split_sum(launches, partial, pitch, splits, data<float>(s.weight), s.k * s.r * s.s * s.channels));
  if (s.bias == nullptr) return OCT_OK;
  return with_float_type(s.dtype, [&](auto type) {
    using T = decltype(type);
    return launch_column_sums(launches, data<const T>(s.y), s.n * s.p * s.q, s.k, data<float>(s.bias), partial + splits * pitch);
  });
}

// ---- direct ------------------------------------------------------------------------------------------------------------------------

int64_t direct_units(const ConvExtents& s) { return s.k * s.r * s.s * gpu::ceil_div<int64_t>(s.channels, 4); }

// Rows (n, p) per split: enough splits to fill the device with 2048 threads per multiprocessor.
int64_t direct_rows(const gpu::Limits& limits, const ConvExtents& s) {
  const int64_t blocks = gpu::ceil_div<int64_t>(direct_units(s), 256);
  const int64_t splits = std::clamp<int64_t>(limits.multiprocessors * INT64_C(8) / blocks, 1, std::min(s.n * s.p, kMaxSplits));
  return gpu::ceil_div(s.n * s.p, splits);
}

int64_t direct_splits(const gpu::Limits& limits, const ConvExtents& s) { return gpu::ceil_div(s.n * s.p, direct_rows(limits, s)); }

Refusal direct_refuses(const gpu::Limits&, const ConvProblem&) { return {}; }

size_t direct_workspace(const gpu::Limits& limits, const ConvProblem& s) { return splits_workspace(limits, s, direct_splits(limits, s)); }

oct_status direct_run(Launches& launches, const ConvProblem& s, void* workspace) {
  const int64_t splits = direct_splits(launches.limits(), s), units = direct_units(s);
  float* partial = static_cast<float*>(workspace);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(units, 256)), static_cast<unsigned>(splits)), dim3(256)};
  OCT_TRY(with_float_type(s.dtype, [&](auto type) {
    using T = decltype(type);
    return launch(launches, "grouped_conv_backward_weight_direct", grouped_conv_backward_weight_direct<T>, shape, data<const T>(s.x),
                  data<const T>(s.y), s, units, direct_rows(launches.limits(), s), partial, weight_pitch(s));
  }));
  return finish(launches, s, splits, partial);
}

// ---- streams of pixels -------------------------------------------------------------------------------------------------------------

// What packed and wide have in common.
Refusal stream_refuses(const ConvProblem& s) {
  if (s.dtype != OCT_BF16) return "needs bf16";
  if (s.r != 3 || s.s != 3) return "needs a 3x3 filter";
  if (s.dilation_h != 1 || s.dilation_w != 1) return "needs dilation 1";
  if (s.stride_h > 2 || s.stride_w > 2) return "needs strides 1 and 2";
  if (s.c % 8 != 0 || s.k % 8 != 0) return "needs C and K in multiples of 8";
  if (!s.aligned_images()) return "needs 16-byte aligned tensors";
  // Every index of a pixel and of a position fits 31 bits, with room for a block's last stage.
  const int64_t limit = INT64_C(1) << 30;
  if (s.h > limit / s.w || s.n > limit / (s.h * s.w) || s.n > limit / ((s.p + 2) * (s.q + 2)) || s.c > limit || s.k > limit) {
    return "needs fewer than 2^30 pixels";
  }
  return {};
}

PixelStreams pixel_streams(const ConvExtents& s) {
  PixelStreams t{};
  // The largest shift of a tap, minus the zeros that neighbors share: with stride 1, a row's right padding is the next row's left padding.
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
int64_t stream_splits(const gpu::Limits& limits, const PixelStreams& t, int64_t tiles, int64_t blocks_per_multiprocessor) {
  const int64_t wanted = limits.multiprocessors * blocks_per_multiprocessor / tiles;
  return std::clamp<int64_t>(wanted, 1, std::clamp<int64_t>(t.stages / (2 * t.halo_stages + 2), 1, kMaxSplits));
}

template <class Rings>
Refusal ring_refuses(const gpu::Limits& limits, const ConvExtents& s) {
  const size_t table = 2048;  // rounded up to the alignment of dynamic shared memory
  const PixelStreams t = pixel_streams(s);
  const size_t bytes = Rings::bytes(t.streams, t.ring) + table;
  if (bytes <= limits.shared_bytes) return {};
  return {"needs {} bytes of shared memory, but a block has {}", static_cast<int64_t>(bytes), static_cast<int64_t>(limits.shared_bytes)};
}

// ---- packed ------------------------------------------------------------------------------------------------------------------------

// Blocks per multiprocessor: registers allow 3 (2 with 16 channels per group); shared memory is 60 KB each at 56 columns.
int64_t packed_blocks(const ConvExtents& s) { return s.channels == 16 ? 2 : 3; }

Refusal packed_refuses(const gpu::Limits& limits, const ConvProblem& s) {
  if (s.channels != s.filters || s.channels > 16 || (s.channels & (s.channels - 1)) != 0) {
    return {"needs 1, 2, 4, 8 or 16 channels per group, as many of x as of y, but there are {} and {}", s.channels, s.filters};
  }
  const Refusal refusal = stream_refuses(s);
  return refusal ? refusal : ring_refuses<PackedRings>(limits, s);
}

int64_t packed_tiles(const ConvExtents& s) { return gpu::ceil_div<int64_t>(s.c, kPackedChannels); }

int64_t packed_splits(const gpu::Limits& limits, const ConvExtents& s) {
  return stream_splits(limits, pixel_streams(s), packed_tiles(s), packed_blocks(s));
}

size_t packed_workspace(const gpu::Limits& limits, const ConvProblem& s) { return splits_workspace(limits, s, packed_splits(limits, s)); }

oct_status packed_run(Launches& launches, const ConvProblem& s, void* workspace) {
  const PixelStreams t = pixel_streams(s);
  const int64_t splits = packed_splits(launches.limits(), s);
  float* partial = static_cast<float*>(workspace);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(packed_tiles(s)), static_cast<unsigned>(splits)), dim3(kPackedThreads),
                               PackedRings::bytes(t.streams, t.ring)};
  OCT_TRY(launch(launches, "grouped_conv_backward_weight_packed_groups",
                 s.channels == 16 ? grouped_conv_backward_weight_packed_groups<true> : grouped_conv_backward_weight_packed_groups<false>,
                 shape, data<const gpu::bf16>(s.x), data<const gpu::bf16>(s.y), t, partial, weight_pitch(s)));
  return finish(launches, s, splits, partial);
}

// ---- wide --------------------------------------------------------------------------------------------------------------------------

using Tile32 = WideTile<32, 32, 1, 1, 4>;  // 4 groups of 32 channels
using Tile48 = WideTile<48, 24, 1, 2, 2>;  // 2 groups of 48
using Tile64 = WideTile<32, 32, 2, 2, 1>;  // 64 by 64 channels of one group
using Tile96 = WideTile<48, 24, 2, 2, 1>;  // 96 of dy by 48 of x of one group

// Calls body with the tile for the shape: the one that wastes least of those whose rings fit.
template <class Body>
auto with_wide_tile(const gpu::Limits& limits, const ConvExtents& s, Body&& body) {
  if (s.channels == 32 && s.filters == 32 && !ring_refuses<Tile32::Rings>(limits, s)) return body(Tile32{});
  if (s.channels == 48 && s.filters == 48 && !ring_refuses<Tile48::Rings>(limits, s)) return body(Tile48{});
  if (s.channels % 48 == 0 && s.filters % 96 == 0 && !ring_refuses<Tile96::Rings>(limits, s)) return body(Tile96{});
  return body(Tile64{});
}

template <class Tile>
int64_t wide_tiles(const ConvExtents& s) {
  if (Tile::Groups > 1) return gpu::ceil_div<int64_t>(s.groups, Tile::Groups);
  return s.groups * gpu::ceil_div<int64_t>(s.filters, Tile::K) * gpu::ceil_div<int64_t>(s.channels, Tile::C);
}

Refusal wide_refuses(const gpu::Limits& limits, const ConvProblem& s) {
  if (s.channels % 8 != 0 || s.filters % 8 != 0 || s.channels < 24 || s.filters < 24) {
    return {"needs 24 or more channels per group, in multiples of 8, but there are {} of x and {} of y", s.channels, s.filters};
  }
  const Refusal refusal = stream_refuses(s);
  return refusal ? refusal : ring_refuses<Tile64::Rings>(limits, s);
}

int64_t wide_splits(const gpu::Limits& limits, const ConvExtents& s) {
  const int64_t tiles = with_wide_tile(limits, s, [&](auto tile) { return wide_tiles<decltype(tile)>(s); });
  return stream_splits(limits, pixel_streams(s), tiles, 1);
}

size_t wide_workspace(const gpu::Limits& limits, const ConvProblem& s) { return splits_workspace(limits, s, wide_splits(limits, s)); }

oct_status wide_run(Launches& launches, const ConvProblem& s, void* workspace) {
  const PixelStreams t = pixel_streams(s);
  const int64_t splits = wide_splits(launches.limits(), s);
  float* partial = static_cast<float*>(workspace);
  OCT_TRY(with_wide_tile(launches.limits(), s, [&](auto tile) {
    using Tile = decltype(tile);
    const gpu::LaunchShape shape{dim3(static_cast<unsigned>(wide_tiles<Tile>(s)), static_cast<unsigned>(splits)), dim3(kWideThreads),
                                 Tile::Rings::bytes(t.streams, t.ring)};
    return launch(launches, "grouped_conv_backward_weight_wide_groups", grouped_conv_backward_weight_wide_groups<Tile>, shape,
                  data<const gpu::bf16>(s.x), data<const gpu::bf16>(s.y), t, partial, weight_pitch(s));
  }));
  return finish(launches, s, splits, partial);
}

// ---- 1x1 of one group ----------------------------------------------------------------------------------------------------------------

Refusal conv_1x1_refuses(const gpu::Limits& limits, const ConvProblem& s) {
  const int64_t limit = INT64_C(1) << 30;
  if (s.dtype != OCT_BF16) return "needs bf16";
  if (s.groups != 1 || s.r != 1 || s.s != 1) return "needs 1x1 and one group";
  if (s.c % 8 != 0 || s.k % 8 != 0) return "needs C and K in multiples of 8";
  if (!s.aligned_images()) return "needs 16-byte aligned tensors";
  if (std::max({s.n, s.h, s.w, s.c, s.k}) > limit) return "needs extents below 2^30";
  return limits.shared_bytes < kTileShared ? Refusal("needs more shared memory than a block has") : Refusal();
}

int64_t conv_1x1_tiles(const ConvExtents& s) { return gpu::ceil_div<int64_t>(s.k, kTile) * gpu::ceil_div<int64_t>(s.c, kTile); }

// Two blocks per multiprocessor, and at least 16 stages of 32 pixels per split.
int64_t conv_1x1_splits(const gpu::Limits& limits, const ConvExtents& s) {
  const int64_t most = std::clamp<int64_t>(gpu::ceil_div<int64_t>(s.n * s.p * s.q, kTileDepth) / 16, 1, kMaxSplits);
  return std::clamp<int64_t>(limits.multiprocessors * INT64_C(2) / conv_1x1_tiles(s), 1, most);
}

size_t conv_1x1_workspace(const gpu::Limits& limits, const ConvProblem& s) {
  return splits_workspace(limits, s, conv_1x1_splits(limits, s));
}

oct_status conv_1x1_run(Launches& launches, const ConvProblem& s, void* workspace) {
  const int64_t splits = conv_1x1_splits(launches.limits(), s);
  const PixelMap map = pixel_map(s, false);
  float* partial = static_cast<float*>(workspace);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(conv_1x1_tiles(s)), static_cast<unsigned>(splits)), dim3(kTileThreads),
                               kTileShared};
  OCT_TRY(launch(launches, "conv_1x1_backward_weight_mma", conv_1x1_backward_weight_mma, shape, data<const gpu::bf16>(s.x),
                 data<const gpu::bf16>(s.y), map, static_cast<int32_t>(s.c), static_cast<int32_t>(s.k), partial, weight_pitch(s)));
  return finish(launches, s, splits, partial);
}

constexpr Variant<ConvProblem> kVariants[] = {
    {{"grouped_conv", "backward_weight", "conv_1x1_backward_weight_mma",
      "bf16, 1x1, one group, C and K multiples of 8; any stride and padding; tensor cores (mma.sync)"},
     conv_1x1_refuses,
     nullptr,
     conv_1x1_workspace,
     conv_1x1_run},
    {{"grouped_conv", "backward_weight", "grouped_conv_backward_weight_packed_groups",
      "bf16, 3x3, strides 1 and 2; 1, 2, 4, 8 or 16 channels per group, C a multiple of 8; tensor cores (mma.sync)"},
     packed_refuses,
     nullptr,
     packed_workspace,
     packed_run},
    {{"grouped_conv", "backward_weight", "grouped_conv_backward_weight_wide_groups",
      "bf16, 3x3, strides 1 and 2; 24 and more channels per group, a multiple of 8; tensor cores (mma.sync)"},
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

ConvVariantList conv_backward_weight_variants() { return kVariants; }

}  // namespace oct::cuda
