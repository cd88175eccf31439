// The variants of a convolution's passes, by the files that hold them.
#pragma once
#include "gpu/math.h"
#include "grouped_conv/problem.h"
#include "runtime/variant.h"

namespace oct::cuda {

// Parts of a workspace begin at multiples of this.
constexpr size_t kWorkspaceAlignment = 256;
inline size_t workspace_part(size_t bytes) { return gpu::round_up(bytes, kWorkspaceAlignment); }

using ConvVariantList = std::span<const Variant<ConvProblem>>;

// Of each pass: forward, forward_fused, backward_data.
struct ConvVariants {
  ConvVariantList forward, forward_fused, backward_data;
};

ConvVariants conv_1x1_variants();
ConvVariants conv_packed_variants();
ConvVariants conv_wgmma_variants();
ConvVariants conv_wide_variants();
ConvVariants conv_direct_variants();
ConvVariantList conv_backward_weight_variants();

}  // namespace oct::cuda
