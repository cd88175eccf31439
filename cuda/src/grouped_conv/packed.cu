// Launchers of the tensor-core kernels for few channels per group.
#include <algorithm>

#include "grouped_conv/packed.cuh"
#include "grouped_conv/variants.h"

namespace oct::cuda {

namespace {

// Calls body with the mode's ring.
template <class Body>
auto with_ring(PackedMode mode, Body&& body) {
  if (mode == PackedMode::stride1) return body(PackedRing<PackedMode::stride1>{});
  if (mode == PackedMode::stride2) return body(PackedRing<PackedMode::stride2>{});
  return body(PackedRing<PackedMode::backward2>{});
}

int64_t ring_bytes(PackedMode mode, int64_t strips, int64_t chunk_pairs) {
  return with_ring(mode, [&](auto ring) {
    return static_cast<int64_t>(decltype(ring)::bytes(static_cast<int32_t>(strips), static_cast<int32_t>(chunk_pairs)));
  });
}

PackedMode mode_of(const ConvExtents& s, bool backward) {
  if (s.stride_h == 1) return PackedMode::stride1;
  return backward ? PackedMode::backward2 : PackedMode::stride2;
}

PackedShape packed_shape(const gpu::Limits& limits, const ConvExtents& s, bool backward) {
  PackedShape shape{};
  const PackedMode mode = mode_of(s, backward);
  shape.in_h = static_cast<int32_t>(backward ? s.p : s.h);
  shape.in_w = static_cast<int32_t>(backward ? s.q : s.w);
  shape.out_h = static_cast<int32_t>(backward ? s.h : s.p);
  shape.out_w = static_cast<int32_t>(backward ? s.w : s.q);
  shape.c = static_cast<int32_t>(s.c);
  shape.group = static_cast<int32_t>(s.channels);
  shape.transposed = backward ? 1 : 0;
  // Rows and columns that steps are counted in: of y, also for backward2, which computes 4 pixels of dx from each of dy.
  const int64_t strips = gpu::ceil_div<int64_t>(s.q, 8), pairs = gpu::ceil_div<int64_t>(s.p, 2);
  // A block has about 16 warps: strips times chunk pairs. Wide images first fill a block with columns, so that few are read twice.
  int64_t wanted = std::min<int64_t>(strips, 8), width = 1;
  while (ring_bytes(mode, wanted, 1) > static_cast<int64_t>(limits.shared_bytes) && wanted > 1) wanted = gpu::ceil_div<int64_t>(wanted, 2);
  const int64_t column_tiles = gpu::ceil_div(strips, wanted), each = gpu::ceil_div(strips, column_tiles);
  while (width * 2 * each <= kPackedThreads / 32 && width * 16 < s.c &&
         ring_bytes(mode, each, width * 2) <= static_cast<int64_t>(limits.shared_bytes)) {
    width *= 2;
  }
  shape.strips = static_cast<int32_t>(each);
  shape.column_tiles = static_cast<int32_t>(column_tiles);
  shape.chunk_pairs = static_cast<int32_t>(width);
  shape.slabs = static_cast<int32_t>(gpu::ceil_div<int64_t>(s.c, 16 * width));
  // Images are cut where that shortens the longest block; each part costs one more step.
  const int64_t resident =
      std::min<int64_t>(kPackedThreads / (32 * each * width), static_cast<int64_t>(limits.shared_bytes) / ring_bytes(mode, each, width));
  const int64_t room = std::max<int64_t>(1, limits.multiprocessors * std::max<int64_t>(1, resident) / (shape.slabs * column_tiles));
  int64_t best = INT64_MAX;
  for (int64_t parts = 1; parts <= std::min<int64_t>(pairs, 32); ++parts) {
    const int64_t part_pairs = gpu::ceil_div(pairs, parts);
    if (gpu::ceil_div(pairs, part_pairs) != parts) continue;
    const int64_t units = s.n * parts, steps = gpu::ceil_div(units, std::min(units, room)) * (part_pairs + 1);
    if (steps >= best) continue;
    best = steps;
    shape.parts = static_cast<int32_t>(parts);
    shape.part_pairs = static_cast<int32_t>(part_pairs);
    shape.units = static_cast<int32_t>(units);
    shape.blocks = static_cast<int32_t>(std::min(units, room));
  }
  shape.pairs = static_cast<int32_t>(pairs);
  return shape;
}

Refusal refuses(const gpu::Limits& limits, const ConvProblem& s) {
  if (s.dtype != OCT_BF16) return "needs bf16";
  if (s.channels != s.filters || s.channels > 16 || (s.channels & (s.channels - 1)) != 0) {
    return {"needs 1, 2, 4, 8 or 16 channels per group, as many of x as of y, but there are {} and {}", s.channels, s.filters};
  }
  if (s.c % 8 != 0) return {"needs C in multiples of 8, but it is {}", s.c};
  if (s.r != 3 || s.s != 3) return "needs a 3x3 filter";
  if (s.dilation_h != 1 || s.dilation_w != 1 || s.padding_h != 1 || s.padding_w != 1) return "needs dilation 1 and padding 1";
  if (s.stride_h != s.stride_w || s.stride_h > 2) return "needs stride 1 or 2, the same along both sides";
  if (!s.aligned_images()) return "needs 16-byte aligned tensors";
  if (!s.aligned_prologue()) return "needs 16-byte aligned scales and shifts";
  const int64_t limit = INT64_C(1) << 24;
  if (s.h >= limit || s.w >= limit || s.c >= limit || s.n >= limit || s.c * s.w > INT64_C(1) << 30) {
    return "needs extents below 2^24, and rows of at most 2^30 elements";
  }
  if (ring_bytes(PackedMode::stride2, 1, 1) > static_cast<int64_t>(limits.shared_bytes)) return "needs more shared memory than a block has";
  return {};
}

int64_t moment_parts(const PackedShape& s) { return static_cast<int64_t>(s.blocks) * s.column_tiles * s.strips; }

size_t fused_workspace(const gpu::Limits& limits, const ConvProblem& s) {
  return s.y_mean == nullptr ? 0 : moments_bytes(moment_parts(packed_shape(limits, s, false)), s.c);
}

template <PackedMode Mode, bool Fused>
oct_status launch_packed(Launches& launches, const char* name, const gpu::bf16* in, const gpu::bf16* weight, gpu::bf16* out,
                         const PackedShape& s, const PackedFusion& fusion) {
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(s.blocks * s.slabs * s.column_tiles)),
                               dim3(static_cast<unsigned>(s.strips * s.chunk_pairs * 32)),
                               static_cast<size_t>(PackedRing<Mode>::bytes(s.strips, s.chunk_pairs))};
  return launch(launches, name, s.group == 16 ? grouped_conv_packed<Mode, true, Fused> : grouped_conv_packed<Mode, false, Fused>, shape, in,
                weight, out, s, fusion);
}

oct_status forward(Launches& launches, const ConvProblem& s, void* workspace) {
  constexpr const char* name = "grouped_conv_forward_packed_groups";
  const PackedShape shape = packed_shape(launches.limits(), s, false);
  const PackedFusion fusion{data<const float>(s.input_scale), data<const float>(s.input_shift), s.input_relu, data<const float>(s.bias),
                            s.y_mean == nullptr ? nullptr : static_cast<float4*>(workspace)};
  const gpu::bf16 *x = data<const gpu::bf16>(s.x), *weight = data<const gpu::bf16>(s.weight);
  gpu::bf16* y = data<gpu::bf16>(s.y);
  const bool fused = s.fused();
  const auto run = s.stride_h == 1 ? (fused ? launch_packed<PackedMode::stride1, true> : launch_packed<PackedMode::stride1, false>)
                                   : (fused ? launch_packed<PackedMode::stride2, true> : launch_packed<PackedMode::stride2, false>);
  OCT_TRY(run(launches, name, x, weight, y, shape, fusion));
  if (fusion.moments == nullptr) return OCT_OK;
  return launch_merge_moments(launches, fusion.moments, moment_parts(shape), s.c, data<float>(s.y_mean), data<float>(s.y_variance));
}

oct_status backward_data(Launches& launches, const ConvProblem& s, void*) {
  const PackedShape shape = packed_shape(launches.limits(), s, true);
  const auto run = s.stride_h == 1 ? launch_packed<PackedMode::stride1, false> : launch_packed<PackedMode::backward2, false>;
  return run(launches, "grouped_conv_backward_data_packed_groups", data<const gpu::bf16>(s.y), data<const gpu::bf16>(s.weight),
             data<gpu::bf16>(s.x), shape, PackedFusion{});
}

constexpr const char* kRegime =
    "bf16, 3x3, padding 1, strides 1 and 2; 1, 2, 4, 8 or 16 channels per group, C a multiple of 8; tensor cores (mma.sync)";

constexpr Variant<ConvProblem> kForward[] = {
    {{"grouped_conv", "forward", "grouped_conv_forward_packed_groups", kRegime}, refuses, nullptr, no_workspace, forward}};
constexpr Variant<ConvProblem> kForwardFused[] = {
    {{"grouped_conv", "forward_fused", "grouped_conv_forward_packed_groups", kRegime}, refuses, nullptr, fused_workspace, forward}};
constexpr Variant<ConvProblem> kBackwardData[] = {{{"grouped_conv", "backward_data", "grouped_conv_backward_data_packed_groups", kRegime},
                                                   refuses,
                                                   nullptr,
                                                   no_workspace,
                                                   backward_data}};

}  // namespace

ConvVariants conv_packed_variants() { return {kForward, kForwardFused, kBackwardData}; }

}  // namespace oct::cuda
