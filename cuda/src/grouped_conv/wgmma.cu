// Launchers of the Hopper kernels for 128 and more channels per group.
#include "grouped_conv/wgmma.cuh"
#include "grouped_conv/wide_plan.h"

namespace oct::cuda {

namespace {

// Calls body with the tile for groups of `filters` outputs, a multiple of 128 or of 96.
template <class Body>
auto with_tile(int64_t filters, Body&& body) {
  return filters % 128 == 0 ? body(WgmmaTile<128>{}) : body(WgmmaTile<96>{});
}

Refusal refuses(const gpu::Limits& limits, const ConvProblem& s, bool backward) {
  if (!limits.wgmma) return "needs wgmma, which only sm_90a has";
  const int64_t channels = backward ? s.filters : s.channels, filters = backward ? s.channels : s.filters;
  if (channels % 64 != 0 || (filters % 128 != 0 && filters % 96 != 0)) {
    return {"needs channels per group of its input in multiples of 64 and of its output in multiples of 96 or 128, but there are {} and {}",
            channels, filters};
  }
  if (const Refusal refusal = wide_refuses_problem(s)) return refusal;
  return with_tile(filters, [&](auto tile) { return wide_refuses_plans<decltype(tile)>(limits, s, backward); });
}

Refusal forward_refuses(const gpu::Limits& limits, const ConvProblem& problem) { return refuses(limits, problem, false); }
Refusal backward_refuses(const gpu::Limits& limits, const ConvProblem& problem) { return refuses(limits, problem, true); }

// weight: [out_c][taps][channels].
template <class Tile, bool Fused>
oct_status launch_wgmma(Launches& launches, const char* name, const gpu::bf16* in, const void* weight, gpu::bf16* out, const WidePlan& plan,
                        const WideFusion& fusion) {
  const WideShape& s = plan.shape;
  const uint64_t extents[] = {static_cast<uint64_t>(s.weight_taps) * static_cast<uint64_t>(s.channels), static_cast<uint64_t>(s.out_c)};
  const uint64_t strides[] = {extents[0] * sizeof(gpu::bf16)};
  const uint32_t box[] = {Tile::kDepth, Tile::kColumns};
  gpu::TensorMap map{};
  const std::string problem = gpu::encode_tensor_map(&map, weight, sizeof(gpu::bf16), 2, extents, strides, box, gpu::Swizzle::bytes128);
  if (!problem.empty()) return fail(launches.context(), OCT_DEVICE_FAULT, "%s: %s", name, problem.c_str());
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(plan.row_tiles * s.column_tiles)), dim3(kWideThreads),
                               static_cast<size_t>(plan.shared_bytes)};
  return launch(launches, name, grouped_conv_wgmma<Tile::kColumns, Fused>, shape, in, map, out, s, fusion);
}

size_t fused_workspace(const gpu::Limits&, const ConvProblem& s) {
  if (s.y_mean == nullptr) return 0;
  return with_tile(s.filters, [&](auto tile) { return moments_bytes(forward_plan<decltype(tile)>(s).row_tiles, s.k); });
}

oct_status forward(Launches& launches, const ConvProblem& s, void* workspace) {
  const WideFusion fusion = wide_fusion(s, workspace);
  const bool fused = s.fused();
  return with_tile(s.filters, [&](auto tile) -> oct_status {
    using Tile = decltype(tile);
    const WidePlan plan = forward_plan<Tile>(s);
    OCT_TRY((fused ? launch_wgmma<Tile, true> : launch_wgmma<Tile, false>)(launches, "grouped_conv_forward_wgmma",
                                                                           data<const gpu::bf16>(s.x), s.weight->data, data<gpu::bf16>(s.y),
                                                                           plan, fusion));
    if (fusion.moments == nullptr) return OCT_OK;
    return launch_merge_moments(launches, fusion.moments, plan.row_tiles, s.k, data<float>(s.y_mean), data<float>(s.y_variance));
  });
}

oct_status backward_data(Launches& launches, const ConvProblem& s, void* workspace) {
  OCT_TRY(launch_transpose_weight(launches, s, workspace));
  return with_tile(s.channels, [&](auto tile) -> oct_status {
    for (const WidePlan& plan : backward_plans<decltype(tile)>(s)) {
      OCT_TRY((launch_wgmma<decltype(tile), false>(launches, "grouped_conv_backward_data_wgmma", data<const gpu::bf16>(s.y), workspace,
                                                   data<gpu::bf16>(s.x), plan, WideFusion{})));
    }
    return OCT_OK;
  });
}

constexpr const char* kRegime =
    "bf16, strides 1 and 2, at most 25 taps; channels per group: of the input multiples of 64, of the output of 96 or 128; Hopper (wgmma, "
    "TMA)";

constexpr Variant<ConvProblem> kForward[] = {
    {{"grouped_conv", "forward", "grouped_conv_forward_wgmma", kRegime}, forward_refuses, nullptr, no_workspace, forward}};
constexpr Variant<ConvProblem> kForwardFused[] = {
    {{"grouped_conv", "forward_fused", "grouped_conv_forward_wgmma", kRegime}, forward_refuses, nullptr, fused_workspace, forward}};
constexpr Variant<ConvProblem> kBackwardData[] = {{{"grouped_conv", "backward_data", "grouped_conv_backward_data_wgmma", kRegime},
                                                   backward_refuses,
                                                   nullptr,
                                                   transposed_weight_bytes,
                                                   backward_data}};

}  // namespace

ConvVariants conv_wgmma_variants() { return {kForward, kForwardFused, kBackwardData}; }

}  // namespace oct::cuda
