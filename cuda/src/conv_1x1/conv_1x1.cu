// Launchers of the 1x1 convolution of one group: forward with everything fused, and backward_data.
#include <algorithm>

#include "conv_1x1/mma.cuh"
#include "conv_1x1/wgmma.cuh"
#include "grouped_conv/variants.h"

namespace oct::cuda {

namespace {

Refusal mma_refuses(const gpu::Limits& limits, const ConvProblem& s) {
  const int64_t limit = INT64_C(1) << 30;
  if (s.dtype != OCT_BF16) return "needs bf16";
  if (s.groups != 1 || s.r != 1 || s.s != 1) return "needs 1x1 and one group";
  if (s.c % 8 != 0 || s.k % 8 != 0) return {"needs C and K in multiples of 8, but they are {} and {}", s.c, s.k};
  if (!s.aligned_images() || !s.aligned_weight()) return "needs 16-byte aligned tensors";
  if (std::max({s.h, s.w, s.c, s.k}) > limit ||
      gpu::ceil_div<int64_t>(std::max(s.n * s.h * s.w, s.n * s.p * s.q), kTile) * gpu::ceil_div<int64_t>(std::max(s.c, s.k), kTile) >
          limit) {
    return "needs fewer than 2^30 tiles";
  }
  if (limits.shared_bytes < kTileShared + 8192) return "needs more shared memory than a block has";
  return {};
}

// Moments of the columns of every tile of y.
size_t moments_workspace(const gpu::Limits&, const ConvProblem& s) {
  if (s.y_mean == nullptr) return 0;
  return static_cast<size_t>(gpu::ceil_div<int64_t>(s.n * s.p * s.q, kTile) * 2 * s.k) * sizeof(float);
}

Conv1x1Fusion fusion(const ConvProblem& s, void* workspace) {
  return {data<const float>(s.input_scale), data<const float>(s.input_shift), s.input_relu, data<const float>(s.bias),
          s.y_mean == nullptr ? nullptr : static_cast<float*>(workspace)};
}

oct_status finish_moments(Launches& launches, const ConvProblem& s, const void* workspace) {
  if (s.y_mean == nullptr) return OCT_OK;
  const int64_t rows = s.n * s.p * s.q;
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(s.k, 8))), dim3(8 * kMomentParts)};
  return launch(launches, "merge_moments", merge_moments<kTile>, shape, static_cast<const float*>(workspace),
                gpu::ceil_div<int64_t>(rows, kTile), rows, s.k, data<float>(s.y_mean), data<float>(s.y_variance));
}

gpu::LaunchShape tiles(int64_t rows, int64_t columns) {
  const int64_t count = gpu::ceil_div<int64_t>(rows, kTile) * gpu::ceil_div<int64_t>(columns, kTile);
  return {dim3(static_cast<unsigned>(count)), dim3(kTileThreads), kTileShared};
}

oct_status forward_mma(Launches& launches, const ConvProblem& s, void* workspace) {
  const PixelMap map = pixel_map(s, false);
  OCT_TRY(launch(launches, "conv_1x1_forward_mma", conv_1x1_mma<false, false>, tiles(map.rows, s.k), data<const gpu::bf16>(s.x),
                 data<const gpu::bf16>(s.weight), data<gpu::bf16>(s.y), map, static_cast<int32_t>(s.c), static_cast<int32_t>(s.k),
                 fusion(s, workspace)));
  return finish_moments(launches, s, workspace);
}

oct_status backward_data_mma(Launches& launches, const ConvProblem& s, void*) {
  const PixelMap map = pixel_map(s, true);
  return launch(launches, "conv_1x1_backward_data_mma", conv_1x1_mma<true, true>, tiles(map.rows, s.c), data<const gpu::bf16>(s.y),
                data<const gpu::bf16>(s.weight), data<gpu::bf16>(s.x), map, static_cast<int32_t>(s.k), static_cast<int32_t>(s.c),
                Conv1x1Fusion{});
}

// ---- Hopper ------------------------------------------------------------------------------------------------------------------------

Refusal wgmma_refuses(const gpu::Limits& limits, const ConvProblem& s) {
  if (!limits.wgmma) return "needs wgmma (sm_90a)";
  if (s.stride_h != 1 || s.stride_w != 1 || s.padding_h != 0 || s.padding_w != 0) return "needs stride 1 and no padding";
  if (s.n * s.h * s.w > INT64_C(1) << 30) return "needs at most 2^30 pixels";
  if (limits.shared_bytes < kWgmmaShared + 8192) return "needs more shared memory than a block has";
  return mma_refuses(limits, s);
}

// A map of a matrix [rows][columns] of bf16, in boxes of 64 columns.
std::string matrix_map(gpu::TensorMap* map, const void* matrix, int64_t rows, int64_t columns, uint32_t box_rows) {
  const uint64_t extents[] = {static_cast<uint64_t>(columns), static_cast<uint64_t>(rows)};
  const uint64_t strides[] = {static_cast<uint64_t>(columns) * 2};
  const uint32_t box[] = {64, box_rows};
  return gpu::encode_tensor_map(map, matrix, 2, 2, extents, strides, box, gpu::Swizzle::bytes128);
}

template <bool AcrossWeight>
oct_status run_wgmma(Launches& launches, const char* name, const oct_tensor* from, const ConvProblem& problem, const oct_tensor* to,
                     const Conv1x1Fusion& fused) {
  const int64_t rows = from->shape[0] * from->shape[1] * from->shape[2], depth = from->shape[3], columns = to->shape[3];
  gpu::TensorMap x_map, weight_map;
  std::string failure = matrix_map(&x_map, from->data, rows, depth, kTile);
  if (failure.empty()) {
    failure = AcrossWeight ? matrix_map(&weight_map, problem.weight->data, depth, columns, kWgmmaDepth)
                           : matrix_map(&weight_map, problem.weight->data, columns, depth, kTile);
  }
  if (!failure.empty()) return fail(launches.context(), OCT_DEVICE_FAULT, "%s: %s", name, failure.c_str());
  gpu::LaunchShape shape = tiles(rows, columns);
  shape.block = dim3(kWgmmaThreads);
  shape.shared_bytes = kWgmmaShared;
  return launch(launches, name, conv_1x1_wgmma<AcrossWeight>, shape, x_map, weight_map, data<gpu::bf16>(to), rows,
                static_cast<int32_t>(depth), static_cast<int32_t>(columns), fused);
}

oct_status forward_wgmma(Launches& launches, const ConvProblem& problem, void* workspace) {
  OCT_TRY(run_wgmma<false>(launches, "conv_1x1_forward_wgmma", problem.x, problem, problem.y, fusion(problem, workspace)));
  return finish_moments(launches, problem, workspace);
}

oct_status backward_data_wgmma(Launches& launches, const ConvProblem& problem, void*) {
  return run_wgmma<true>(launches, "conv_1x1_backward_data_wgmma", problem.y, problem, problem.x, Conv1x1Fusion{});
}

constexpr const char* kWgmmaRegime = "bf16, 1x1, one group, C and K multiples of 8; stride 1, no padding; Hopper (TMA, wgmma)";
constexpr const char* kMmaRegime = "bf16, 1x1, one group, C and K multiples of 8; any stride and padding; tensor cores (mma.sync)";

constexpr Variant<ConvProblem> kForward[] = {
    {{"grouped_conv", "forward", "conv_1x1_forward_wgmma", kWgmmaRegime}, wgmma_refuses, nullptr, moments_workspace, forward_wgmma},
    {{"grouped_conv", "forward", "conv_1x1_forward_mma", kMmaRegime}, mma_refuses, nullptr, moments_workspace, forward_mma},
};

constexpr Variant<ConvProblem> kForwardFused[] = {
    {{"grouped_conv", "forward_fused", "conv_1x1_forward_wgmma", kWgmmaRegime}, wgmma_refuses, nullptr, moments_workspace, forward_wgmma},
    {{"grouped_conv", "forward_fused", "conv_1x1_forward_mma", kMmaRegime}, mma_refuses, nullptr, moments_workspace, forward_mma},
};

constexpr Variant<ConvProblem> kBackwardData[] = {
    {{"grouped_conv", "backward_data", "conv_1x1_backward_data_wgmma", kWgmmaRegime},
     wgmma_refuses,
     nullptr,
     no_workspace,
     backward_data_wgmma},
    {{"grouped_conv", "backward_data", "conv_1x1_backward_data_mma", kMmaRegime}, mma_refuses, nullptr, no_workspace, backward_data_mma},
};

}  // namespace

ConvVariants conv_1x1_variants() { return {kForward, kForwardFused, kBackwardData}; }

}  // namespace oct::cuda
