// What the kernels of a grouped convolution's forward and backward_data passes share on the host, and the variants that each file gives.
#pragma once
#include "gpu/math.h"
#include "grouped_conv_problem.h"

namespace oct::cuda {

// Extents of x [n,h,w,c], y [n,p,q,k], weight [k,r,s,channels]; `channels` and `filters` are those of one group, of x and of y.
struct ConvShape {
  int64_t n, h, w, c, p, q, k, r, s, groups, channels, filters;
  int64_t stride_h, stride_w, padding_h, padding_w, dilation_h, dilation_w;
};

inline ConvShape conv_shape(const ConvProblem& problem) {
  const int64_t *x = problem.x->shape, *y = problem.y->shape, *weight = problem.weight->shape;
  const oct_grouped_conv& conv = *problem.conv;
  return {x[0],
          x[1],
          x[2],
          x[3],
          y[1],
          y[2],
          y[3],
          weight[1],
          weight[2],
          conv.groups,
          weight[3],
          y[3] / conv.groups,
          conv.stride_h,
          conv.stride_w,
          conv.padding_h,
          conv.padding_w,
          conv.dilation_h,
          conv.dilation_w};
}

inline bool aligned(const oct_tensor* tensor, size_t bytes) { return reinterpret_cast<uintptr_t>(tensor->data) % bytes == 0; }

// Parts of a workspace begin at multiples of this.
constexpr size_t kWorkspaceAlignment = 256;
inline size_t workspace_part(size_t bytes) { return gpu::round_up(bytes, kWorkspaceAlignment); }

// Of each pass: forward, forward_fused, backward_data.
struct ConvVariants {
  std::span<const Variant<ConvProblem>> forward, forward_fused, backward_data;
};

ConvVariants conv_packed_variants();
ConvVariants conv_wgmma_variants();
ConvVariants conv_wide_variants();
ConvVariants conv_direct_variants();

}  // namespace oct::cuda
