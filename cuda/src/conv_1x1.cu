// Launchers of the 1x1 convolution of one group: forward with everything fused, and backward_data.
#include <algorithm>

#include "conv_1x1_mma.cuh"
#include "conv_1x1_wgmma.cuh"
#include "grouped_conv_problem.h"

namespace oct::cuda {

namespace {

struct Extents {
  int64_t n, h, w, c, p, q, k;
};

Extents extents(const ConvProblem& problem) {
  const int64_t *x = problem.x->shape, *y = problem.y->shape;
  return {x[0], x[1], x[2], x[3], y[1], y[2], y[3]};
}

bool aligned(const oct_tensor* tensor) { return reinterpret_cast<uintptr_t>(tensor->data) % 16 == 0; }

std::string mma_refuses(const gpu::Limits& limits, const ConvProblem& problem) {
  const Extents e = extents(problem);
  const int64_t limit = INT64_C(1) << 30;
  if (problem.x->dtype != OCT_BF16) return "needs bf16";
  if (problem.conv->groups != 1 || problem.weight->shape[1] != 1 || problem.weight->shape[2] != 1) return "needs 1x1 and one group";
  if (e.c % 8 != 0 || e.k % 8 != 0) {
    return "needs C and K in multiples of 8, but they are " + std::to_string(e.c) + " and " + std::to_string(e.k);
  }
  if (!aligned(problem.x) || !aligned(problem.weight) || !aligned(problem.y)) return "needs 16-byte aligned tensors";
  if (std::max({e.h, e.w, e.c, e.k}) > limit ||
      gpu::ceil_div<int64_t>(std::max(e.n * e.h * e.w, e.n * e.p * e.q), kTile) * gpu::ceil_div<int64_t>(std::max(e.c, e.k), kTile) >
          limit) {
    return "needs fewer than 2^30 tiles";
  }
  if (limits.shared_bytes < kTileShared + 8192) return "needs more shared memory than a block has";
  return "";
}

PixelMap pixels(const ConvProblem& problem, bool spread) {
  const Extents e = extents(problem);
  const oct_grouped_conv& conv = *problem.conv;
  return pixel_map(e.n, e.h, e.w, e.p, e.q, conv.stride_h, conv.stride_w, conv.padding_h, conv.padding_w, spread);
}

// Moments of the columns of every tile of y. The workspace is asked for before it is known whether they are wanted.
size_t moments_workspace(const gpu::Limits&, const ConvProblem& problem) {
  const Extents e = extents(problem);
  return static_cast<size_t>(gpu::ceil_div<int64_t>(e.n * e.p * e.q, kTile) * 2 * e.k) * sizeof(float);
}

Conv1x1Fusion fusion(const ConvProblem& problem, void* workspace) {
  return {data<const float>(problem.input_scale), data<const float>(problem.input_shift), problem.input_relu,
          data<const float>(problem.bias), problem.y_mean == nullptr ? nullptr : static_cast<float*>(workspace)};
}

oct_status finish_moments(oct_context* context, const ConvProblem& problem, const void* workspace) {
  if (problem.y_mean == nullptr) return OCT_OK;
  const Extents e = extents(problem);
  const int64_t rows = e.n * e.p * e.q;
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(e.k, 8))), dim3(8 * kMomentParts)};
  return launch(context, "merge_moments", merge_moments<kTile>, shape, static_cast<const float*>(workspace),
                gpu::ceil_div<int64_t>(rows, kTile), rows, e.k, data<float>(problem.y_mean), data<float>(problem.y_variance));
}

gpu::LaunchShape tiles(int64_t rows, int64_t columns) {
  const int64_t count = gpu::ceil_div<int64_t>(rows, kTile) * gpu::ceil_div<int64_t>(columns, kTile);
  return {dim3(static_cast<unsigned>(count)), dim3(kTileThreads), kTileShared};
}

oct_status forward_mma(oct_context* context, const ConvProblem& problem, void* workspace) {
  const Extents e = extents(problem);
  const PixelMap map = pixels(problem, false);
  OCT_CUDA_TRY(launch(context, "conv_1x1_forward_mma", conv_1x1_mma<false, false>, tiles(map.rows, e.k), data<const gpu::bf16>(problem.x),
                      data<const gpu::bf16>(problem.weight), data<gpu::bf16>(problem.y), map, static_cast<int32_t>(e.c),
                      static_cast<int32_t>(e.k), fusion(problem, workspace)));
  return finish_moments(context, problem, workspace);
}

oct_status backward_data_mma(oct_context* context, const ConvProblem& problem, void*) {
  const Extents e = extents(problem);
  const PixelMap map = pixels(problem, true);
  return launch(context, "conv_1x1_backward_data_mma", conv_1x1_mma<true, true>, tiles(map.rows, e.c), data<const gpu::bf16>(problem.y),
                data<const gpu::bf16>(problem.weight), data<gpu::bf16>(problem.x), map, static_cast<int32_t>(e.k),
                static_cast<int32_t>(e.c), Conv1x1Fusion{});
}

// ---- Hopper ------------------------------------------------------------------------------------------------------------------------

std::string wgmma_refuses(const gpu::Limits& limits, const ConvProblem& problem) {
  const Extents e = extents(problem);
  const oct_grouped_conv& conv = *problem.conv;
  if (!limits.wgmma) return "needs wgmma (sm_90a)";
  if (conv.stride_h != 1 || conv.stride_w != 1 || conv.padding_h != 0 || conv.padding_w != 0) return "needs stride 1 and no padding";
  if (e.n * e.h * e.w > INT64_C(1) << 30) return "needs at most 2^30 pixels";
  if (limits.shared_bytes < kWgmmaShared + 8192) return "needs more shared memory than a block has";
  return mma_refuses(limits, problem);
}

// A map of a matrix [rows][columns] of bf16, in boxes of 64 columns.
std::string matrix_map(gpu::TensorMap* map, const void* matrix, int64_t rows, int64_t columns, uint32_t box_rows) {
  const uint64_t extents[] = {static_cast<uint64_t>(columns), static_cast<uint64_t>(rows)};
  const uint64_t strides[] = {static_cast<uint64_t>(columns) * 2};
  const uint32_t box[] = {64, box_rows};
  return gpu::encode_tensor_map(map, matrix, 2, 2, extents, strides, box, gpu::Swizzle::bytes128);
}

template <bool AcrossWeight>
oct_status run_wgmma(oct_context* context, const char* name, const oct_tensor* from, const ConvProblem& problem, const oct_tensor* to,
                     const Conv1x1Fusion& fused) {
  const int64_t rows = from->shape[0] * from->shape[1] * from->shape[2], depth = from->shape[3], columns = to->shape[3];
  gpu::TensorMap x_map, weight_map;
  std::string failure = matrix_map(&x_map, from->data, rows, depth, kTile);
  if (failure.empty()) {
    failure = AcrossWeight ? matrix_map(&weight_map, problem.weight->data, depth, columns, kWgmmaDepth)
                           : matrix_map(&weight_map, problem.weight->data, columns, depth, kTile);
  }
  if (!failure.empty()) return fail(context, OCT_DEVICE_FAULT, "%s: %s", name, failure.c_str());
  gpu::LaunchShape shape = tiles(rows, columns);
  shape.block = dim3(kWgmmaThreads);
  shape.shared_bytes = kWgmmaShared;
  return launch(context, name, conv_1x1_wgmma<AcrossWeight>, shape, x_map, weight_map, data<gpu::bf16>(to), rows,
                static_cast<int32_t>(depth), static_cast<int32_t>(columns), fused);
}

oct_status forward_wgmma(oct_context* context, const ConvProblem& problem, void* workspace) {
  OCT_CUDA_TRY(run_wgmma<false>(context, "conv_1x1_forward_wgmma", problem.x, problem, problem.y, fusion(problem, workspace)));
  return finish_moments(context, problem, workspace);
}

oct_status backward_data_wgmma(oct_context* context, const ConvProblem& problem, void*) {
  return run_wgmma<true>(context, "conv_1x1_backward_data_wgmma", problem.y, problem, problem.x, Conv1x1Fusion{});
}

size_t no_workspace(const gpu::Limits&, const ConvProblem&) { return 0; }

constexpr Variant<ConvProblem> kForward[] = {
    {{"grouped_conv", "forward", "conv_1x1_forward_wgmma",
      "bf16, 1x1, one group, C and K multiples of 8; stride 1, no padding; Hopper (TMA, wgmma)"},
     wgmma_refuses,
     nullptr,
     moments_workspace,
     forward_wgmma},
    {{"grouped_conv", "forward", "conv_1x1_forward_mma",
      "bf16, 1x1, one group, C and K multiples of 8; any stride and padding; tensor cores (mma.sync)"},
     mma_refuses,
     nullptr,
     moments_workspace,
     forward_mma},
};

constexpr Variant<ConvProblem> kBackwardData[] = {
    {{"grouped_conv", "backward_data", "conv_1x1_backward_data_wgmma",
      "bf16, 1x1, one group, C and K multiples of 8; stride 1, no padding; Hopper (TMA, wgmma)"},
     wgmma_refuses,
     nullptr,
     no_workspace,
     backward_data_wgmma},
    {{"grouped_conv", "backward_data", "conv_1x1_backward_data_mma",
      "bf16, 1x1, one group, C and K multiples of 8; any stride and padding; tensor cores (mma.sync)"},
     mma_refuses,
     nullptr,
     no_workspace,
     backward_data_mma},
};

}  // namespace

std::span<const Variant<ConvProblem>> conv_1x1_forward_variants() { return kForward; }
std::span<const Variant<ConvProblem>> conv_1x1_backward_data_variants() { return kBackwardData; }

}  // namespace oct::cuda
