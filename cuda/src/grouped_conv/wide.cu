// Launchers of the tensor-core kernels for many channels per group.
#include "grouped_conv/wide.cuh"
#include "grouped_conv/wide_plan.h"

namespace oct::cuda {

namespace {

using Tile32 = WideTile<32, 32>;  // 128 channels of outputs: 4 groups of 32, 2 of 64, or a part of a larger one
using Tile24 = WideTile<24, 48>;  // 96: 2 groups of 48, or a part of 96, 192, ...

// Whether groups of `filters` outputs and `channels` inputs are made of whole tiles, or tiles of whole groups.
template <class Tile>
bool fits(int64_t channels, int64_t filters) {
  if (channels % Tile::kDepth != 0) return false;
  return filters % Tile::kColumns == 0 || (Tile::kColumns % filters == 0 && filters % Tile::kWarpN == 0);
}

// Calls body with the tile for groups of these numbers; one of the two fits.
template <class Body>
auto with_tile(int64_t channels, int64_t filters, Body&& body) {
  return fits<Tile32>(channels, filters) ? body(Tile32{}) : body(Tile24{});
}

Refusal refuses(const gpu::Limits& limits, const ConvProblem& s, bool backward) {
  const int64_t channels = backward ? s.filters : s.channels, filters = backward ? s.channels : s.filters;
  if (!fits<Tile32>(channels, filters) && !fits<Tile24>(channels, filters)) {
    return {"needs 32, 48, 64, 96, 128 or a multiple of 96 or 128 channels per group, but there are {} of x and {} of y", s.channels,
            s.filters};
  }
  if (const Refusal refusal = wide_refuses_problem(s)) return refusal;
  return with_tile(channels, filters, [&](auto tile) { return wide_refuses_plans<decltype(tile)>(limits, s, backward); });
}

Refusal forward_refuses(const gpu::Limits& limits, const ConvProblem& problem) { return refuses(limits, problem, false); }
Refusal backward_refuses(const gpu::Limits& limits, const ConvProblem& problem) { return refuses(limits, problem, true); }

template <class Tile, bool Fused>
oct_status launch_wide(Launches& launches, const char* name, const gpu::bf16* in, const gpu::bf16* weight, gpu::bf16* out,
                       const WidePlan& plan, const WideFusion& fusion) {
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(plan.row_tiles * plan.shape.column_tiles)), dim3(kWideThreads),
                               static_cast<size_t>(plan.shared_bytes)};
  return launch(launches, name, grouped_conv_wide<Tile, Fused>, shape, in, weight, out, plan.shape, fusion);
}

size_t fused_workspace(const gpu::Limits&, const ConvProblem& s) {
  if (s.y_mean == nullptr) return 0;
  return with_tile(s.channels, s.filters, [&](auto tile) { return moments_bytes(forward_plan<decltype(tile)>(s).row_tiles, s.k); });
}

oct_status forward(Launches& launches, const ConvProblem& s, void* workspace) {
  constexpr const char* name = "grouped_conv_forward_wide_groups";
  const WideFusion fusion = wide_fusion(s, workspace);
  const gpu::bf16 *x = data<const gpu::bf16>(s.x), *weight = data<const gpu::bf16>(s.weight);
  gpu::bf16* y = data<gpu::bf16>(s.y);
  const bool fused = s.fused();
  return with_tile(s.channels, s.filters, [&](auto tile) -> oct_status {
    using Tile = decltype(tile);
    const WidePlan plan = forward_plan<Tile>(s);
    OCT_TRY((fused ? launch_wide<Tile, true> : launch_wide<Tile, false>)(launches, name, x, weight, y, plan, fusion));
    if (fusion.moments == nullptr) return OCT_OK;
    return launch_merge_moments(launches, fusion.moments, plan.row_tiles, s.k, data<float>(s.y_mean), data<float>(s.y_variance));
  });
}

oct_status backward_data(Launches& launches, const ConvProblem& s, void* workspace) {
  OCT_TRY(launch_transpose_weight(launches, s, workspace));
  return with_tile(s.filters, s.channels, [&](auto tile) -> oct_status {
    for (const WidePlan& plan : backward_plans<decltype(tile)>(s)) {
      OCT_TRY((launch_wide<decltype(tile), false>(launches, "grouped_conv_backward_data_wide_groups", data<const gpu::bf16>(s.y),
                                                  static_cast<const gpu::bf16*>(workspace), data<gpu::bf16>(s.x), plan, WideFusion{})));
    }
    return OCT_OK;
  });
}

constexpr const char* kRegime =
    "bf16, strides 1 and 2, at most 25 taps; 32, 48, 64, 96, 128 channels per group or multiples of 96 or 128; tensor cores (mma.sync)";

constexpr Variant<ConvProblem> kForward[] = {
    {{"grouped_conv", "forward", "grouped_conv_forward_wide_groups", kRegime}, forward_refuses, nullptr, no_workspace, forward}};
constexpr Variant<ConvProblem> kForwardFused[] = {
    {{"grouped_conv", "forward_fused", "grouped_conv_forward_wide_groups", kRegime}, forward_refuses, nullptr, fused_workspace, forward}};
constexpr Variant<ConvProblem> kBackwardData[] = {{{"grouped_conv", "backward_data", "grouped_conv_backward_data_wide_groups", kRegime},
                                                   backward_refuses,
                                                   nullptr,
                                                   transposed_weight_bytes,
                                                   backward_data}};

}  // namespace

size_t transposed_weight_bytes(const gpu::Limits&, const ConvProblem& s) {
  return static_cast<size_t>(s.k * s.r * s.s * s.channels) * sizeof(gpu::bf16);
}

oct_status launch_transpose_weight(Launches& launches, const ConvProblem& s, void* transposed) {
  const int64_t blocks = s.groups * s.r * s.s * gpu::ceil_div<int64_t>(s.channels, 32) * gpu::ceil_div<int64_t>(s.filters, 32);
  return launch(launches, "grouped_conv_transpose_weight", grouped_conv_transpose_weight, {dim3(static_cast<unsigned>(blocks)), dim3(256)},
                data<const uint16_t>(s.weight), static_cast<uint16_t*>(transposed), static_cast<int32_t>(s.r * s.s),
                static_cast<int32_t>(s.channels), static_cast<int32_t>(s.filters));
}

ConvVariants conv_wide_variants() { return {kForward, kForwardFused, kBackwardData}; }

}  // namespace oct::cuda
