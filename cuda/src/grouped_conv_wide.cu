// Launchers of the tensor-core kernels for many channels a group.
#include "grouped_conv_wide.cuh"
#include "grouped_conv_wide_plan.h"

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

struct WidePlan {
  WideShape shape;
  int64_t row_tiles, shared_bytes;
};

template <class Tile>
WidePlan wide_plan(const ConvShape& s, bool backward, const WideAxis& rows, const WideAxis& columns, int64_t row_parity,
                   int64_t column_parity) {
  WidePlan plan{};
  WideShape& w = plan.shape;
  w.n = static_cast<int32_t>(s.n);
  w.in_h = static_cast<int32_t>(backward ? s.p : s.h);
  w.in_w = static_cast<int32_t>(backward ? s.q : s.w);
  w.in_c = static_cast<int32_t>(backward ? s.k : s.c);
  w.out_h = static_cast<int32_t>(backward ? s.h : s.p);
  w.out_w = static_cast<int32_t>(backward ? s.w : s.q);
  w.out_c = static_cast<int32_t>(backward ? s.c : s.k);
  w.out_step = static_cast<int32_t>(backward ? s.stride_h : 1);
  w.out_row = static_cast<int32_t>(row_parity);
  w.out_column = static_cast<int32_t>(column_parity);
  w.channels = static_cast<int32_t>(backward ? s.filters : s.channels);
  w.filters = static_cast<int32_t>(backward ? s.channels : s.filters);
  w.tile_groups = w.filters < Tile::kColumns ? Tile::kColumns / w.filters : 1;
  w.column_tiles = gpu::ceil_div(w.out_c, Tile::kColumns);
  w.weight_taps = static_cast<int32_t>(s.r * s.s);
  set_taps(&w, rows, columns, s.s);
  w.buffers = patch_buffers(w, w.channels / Tile::kDepth, kWideStages - 1);
  plan.row_tiles = gpu::ceil_div<int64_t>(s.n * w.image_rows * w.row, kWideRows);
  plan.shared_bytes = Tile::bytes(w.patch, w.buffers, w.streams, w.tile_groups);
  return plan;
}

WideAxis forward_rows(const ConvShape& s) { return forward_axis(s.h, s.p, s.r, s.stride_h, s.padding_h, s.dilation_h); }
WideAxis forward_columns(const ConvShape& s) { return forward_axis(s.w, s.q, s.s, s.stride_w, s.padding_w, s.dilation_w); }

template <class Tile>
WidePlan forward_plan(const ConvShape& s) {
  return wide_plan<Tile>(s, false, forward_rows(s), forward_columns(s), 0, 0);
}

// One pass a parity of row and column of dx.
template <class Tile>
std::vector<WidePlan> backward_plans(const ConvShape& s) {
  std::vector<WidePlan> plans;
  for (int64_t a = 0; a < std::min(s.stride_h, s.h); ++a) {
    for (int64_t b = 0; b < std::min(s.stride_w, s.w); ++b) {
      plans.push_back(wide_plan<Tile>(s, true, backward_axis(s.h, s.p, s.r, s.stride_h, s.padding_h, s.dilation_h, a),
                                      backward_axis(s.w, s.q, s.s, s.stride_w, s.padding_w, s.dilation_w, b), a, b));
    }
  }
  return plans;
}

std::string refuses(const gpu::Limits& limits, const ConvProblem& problem, bool backward) {
  const ConvShape s = conv_shape(problem);
  if (problem.x->dtype != OCT_BF16) return "needs bf16";
  const int64_t channels = backward ? s.filters : s.channels, filters = backward ? s.channels : s.filters;
  if (!fits<Tile32>(channels, filters) && !fits<Tile24>(channels, filters)) {
    return "needs 32, 48, 64, 96, 128 or a multiple of 96 or 128 channels a group, but there are " + std::to_string(s.channels) +
           " of x and " + std::to_string(s.filters) + " of y";
  }
  if (s.stride_h != s.stride_w || s.stride_h > 2) return "needs stride 1 or 2, the same along both sides";
  if (s.r > kMaxWideTaps || s.s > kMaxWideTaps || s.r * s.s > kMaxWideTaps) return "needs a filter of at most 25 taps";
  if (!aligned(problem.x, 16) || !aligned(problem.y, 16) || !aligned(problem.weight, 16)) return "needs 16-byte aligned tensors";
  for (const oct_tensor* vector : {problem.input_scale, problem.input_shift}) {
    if (vector != nullptr && !aligned(vector, 16)) return "needs 16-byte aligned scales and shifts";
  }
  // Every index of a pixel, a position and a block fits 31 bits.
  const int64_t limit = INT64_C(1) << 30, side = INT64_C(1) << 14;
  if (std::max({s.h, s.w, s.p, s.q}) > side || std::max({s.c, s.k, s.n}) > limit || std::max(s.n * s.h * s.w, s.n * s.p * s.q) > limit) {
    return "needs at most 2^30 pixels, in images of at most 2^14 by 2^14";
  }
  return with_tile(channels, filters, [&](auto tile) -> std::string {
    using Tile = decltype(tile);
    for (const WidePlan& plan : backward ? backward_plans<Tile>(s) : std::vector<WidePlan>{forward_plan<Tile>(s)}) {
      if (plan.shared_bytes > static_cast<int64_t>(limits.shared_bytes)) {
        return "needs " + std::to_string(plan.shared_bytes) + " bytes of shared memory, but a block has " +
               std::to_string(limits.shared_bytes);
      }
      if (s.n * plan.shape.image_rows * plan.shape.row > limit || plan.row_tiles > limit / plan.shape.column_tiles) {
        return "needs fewer than 2^30 positions and blocks";
      }
    }
    return "";
  });
}

std::string forward_refuses(const gpu::Limits& limits, const ConvProblem& problem) { return refuses(limits, problem, false); }
std::string backward_refuses(const gpu::Limits& limits, const ConvProblem& problem) { return refuses(limits, problem, true); }

template <class Tile, bool Fused>
oct_status launch_wide(oct_context* context, const char* name, const gpu::bf16* in, const gpu::bf16* weight, gpu::bf16* out,
                       const WidePlan& plan, const WideFusion& fusion) {
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(plan.row_tiles * plan.shape.column_tiles)), dim3(kWideThreads),
                               static_cast<size_t>(plan.shared_bytes)};
  return launch(context, name, grouped_conv_wide<Tile, Fused>, shape, in, weight, out, plan.shape, fusion);
}

size_t no_workspace(const gpu::Limits&, const ConvProblem&) { return 0; }

size_t fused_workspace(const gpu::Limits&, const ConvProblem& problem) {
  const ConvShape s = conv_shape(problem);
  return with_tile(s.channels, s.filters, [&](auto tile) { return moments_bytes(forward_plan<decltype(tile)>(s).row_tiles, s.k); });
}

oct_status forward(oct_context* context, const ConvProblem& problem, void* workspace) {
  constexpr const char* name = "grouped_conv_forward_wide_groups";
  const ConvShape s = conv_shape(problem);
  const WideFusion fusion{data<const float>(problem.input_scale), data<const float>(problem.input_shift), problem.input_relu,
                          data<const float>(problem.bias), problem.y_mean == nullptr ? nullptr : static_cast<float4*>(workspace)};
  const gpu::bf16 *x = data<const gpu::bf16>(problem.x), *weight = data<const gpu::bf16>(problem.weight);
  gpu::bf16* y = data<gpu::bf16>(problem.y);
  const bool fused = fusion.scale != nullptr || fusion.moments != nullptr;
  return with_tile(s.channels, s.filters, [&](auto tile) -> oct_status {
    using Tile = decltype(tile);
    const WidePlan plan = forward_plan<Tile>(s);
    OCT_CUDA_TRY((fused ? launch_wide<Tile, true> : launch_wide<Tile, false>)(context, name, x, weight, y, plan, fusion));
    if (fusion.moments == nullptr) return OCT_OK;
    return launch_merge_moments(context, fusion.moments, plan.row_tiles, s.k, data<float>(problem.y_mean), data<float>(problem.y_variance));
  });
}

size_t backward_workspace(const gpu::Limits&, const ConvProblem& problem) {
  const ConvShape s = conv_shape(problem);
  return static_cast<size_t>(s.k * s.r * s.s * s.channels) * sizeof(gpu::bf16);
}

oct_status backward_data(oct_context* context, const ConvProblem& problem, void* workspace) {
  const ConvShape s = conv_shape(problem);
  const int64_t blocks = s.groups * s.r * s.s * gpu::ceil_div<int64_t>(s.channels, 32) * gpu::ceil_div<int64_t>(s.filters, 32);
  OCT_CUDA_TRY(launch(context, "grouped_conv_transpose_weight", grouped_conv_transpose_weight,
                      {dim3(static_cast<unsigned>(blocks)), dim3(256)}, data<const uint16_t>(problem.weight),
                      static_cast<uint16_t*>(workspace), static_cast<int32_t>(s.r * s.s), static_cast<int32_t>(s.channels),
                      static_cast<int32_t>(s.filters)));
  return with_tile(s.filters, s.channels, [&](auto tile) -> oct_status {
    for (const WidePlan& plan : backward_plans<decltype(tile)>(s)) {
      OCT_CUDA_TRY(
          (launch_wide<decltype(tile), false>(context, "grouped_conv_backward_data_wide_groups", data<const gpu::bf16>(problem.y),
                                              static_cast<const gpu::bf16*>(workspace), data<gpu::bf16>(problem.x), plan, WideFusion{})));
    }
    return OCT_OK;
  });
}

constexpr const char* kRegime =
    "bf16, strides 1 and 2, at most 25 taps; 32, 48, 64, 96, 128 channels a group or multiples of 96 or 128; tensor cores (mma.sync)";

constexpr Variant<ConvProblem> kForward[] = {
    {{"grouped_conv", "forward", "grouped_conv_forward_wide_groups", kRegime}, forward_refuses, nullptr, no_workspace, forward}};
constexpr Variant<ConvProblem> kForwardFused[] = {
    {{"grouped_conv", "forward_fused", "grouped_conv_forward_wide_groups", kRegime}, forward_refuses, nullptr, fused_workspace, forward}};
constexpr Variant<ConvProblem> kBackwardData[] = {{{"grouped_conv", "backward_data", "grouped_conv_backward_data_wide_groups", kRegime},
                                                   backward_refuses,
                                                   nullptr,
                                                   backward_workspace,
                                                   backward_data}};

}  // namespace

ConvVariants conv_wide_variants() { return {kForward, kForwardFused, kBackwardData}; }

}  // namespace oct::cuda
