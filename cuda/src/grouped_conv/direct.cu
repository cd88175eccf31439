// Launchers of the variant for every shape: the only one for F32, and for bf16 where the tensor-core kernels refuse.
#include <algorithm>

#include "grouped_conv/direct.cuh"
#include "grouped_conv/variants.h"

namespace oct::cuda {

namespace {

struct DirectPlan {
  DirectShape shape;
  int64_t tiles;  // of pixels
  bool wide_outputs, wide_inputs;
};

// Largest power of two, at most 64, that is not above `units` rounded up to one.
int32_t channel_threads(int64_t units) {
  int32_t threads = 1;
  while (threads < 64 && threads < units) threads *= 2;
  return threads;
}

DirectPlan plan(const gpu::Limits& limits, const ConvExtents& s, bool transposed, bool vectors) {
  DirectPlan plan{};
  DirectShape& d = plan.shape;
  const int64_t out_channels = transposed ? s.channels : s.filters, in_channels = transposed ? s.filters : s.channels;
  d.in_c = transposed ? s.k : s.c;
  d.out_c = transposed ? s.c : s.k;
  d.out_h = static_cast<int32_t>(transposed ? s.h : s.p);
  d.out_w = static_cast<int32_t>(transposed ? s.w : s.q);
  d.in_h = static_cast<int32_t>(transposed ? s.p : s.h);
  d.in_w = static_cast<int32_t>(transposed ? s.q : s.w);
  d.spacing = transposed ? static_cast<int32_t>(s.stride_w) : 1;
  d.classes = std::min(d.spacing, d.out_w);
  d.quads_per_class = gpu::ceil_div(gpu::ceil_div(d.out_w, d.spacing), kDirectPixels);
  d.in_channels = static_cast<int32_t>(in_channels);
  d.out_channels = static_cast<int32_t>(out_channels);
  d.r = static_cast<int32_t>(s.r);
  d.s = static_cast<int32_t>(s.s);
  d.stride_h = static_cast<int32_t>(s.stride_h);
  d.stride_w = static_cast<int32_t>(s.stride_w);
  d.padding_h = static_cast<int32_t>(s.padding_h);
  d.padding_w = static_cast<int32_t>(s.padding_w);
  d.dilation_h = static_cast<int32_t>(s.dilation_h);
  d.dilation_w = static_cast<int32_t>(s.dilation_w);
  d.quads = s.n * d.out_h * d.classes * d.quads_per_class;
  plan.wide_outputs = vectors && out_channels % 4 == 0;
  plan.wide_inputs = plan.wide_outputs && in_channels % 4 == 0;
  const int64_t units = gpu::ceil_div<int64_t>(d.out_c, plan.wide_outputs ? 4 : 1);
  d.channel_threads = channel_threads(units);
  d.channel_tiles = static_cast<int32_t>(gpu::ceil_div<int64_t>(units, d.channel_threads));
  // Several quads per thread, so that a block's partial moments are few against its outputs; but 4 blocks per multiprocessor before that.
  const int64_t rows = kDirectThreads / d.channel_threads;
  const int64_t blocks = gpu::ceil_div<int64_t>(d.quads, rows) * d.channel_tiles;
  d.steps = static_cast<int32_t>(std::clamp<int64_t>(blocks / (INT64_C(4) * limits.multiprocessors), 1, 8));
  plan.tiles = gpu::ceil_div<int64_t>(d.quads, rows * d.steps);
  return plan;
}

int64_t weight_count(const ConvExtents& s) { return s.k * s.r * s.s * s.channels; }
size_t weight_bytes(const ConvExtents& s) { return workspace_part(static_cast<size_t>(weight_count(s)) * sizeof(float)); }

Refusal refuses(const gpu::Limits& limits, const ConvProblem& s) {
  const int64_t limit = INT64_C(1) << 30;
  if (std::max({s.h, s.w, s.p, s.q, s.channels, s.filters}) >= limit) return "needs sides of images and channels per group below 2^30";
  for (bool transposed : {false, true}) {
    const DirectPlan p = plan(limits, s, transposed, false);
    if (p.tiles > INT32_MAX / p.shape.channel_tiles) return "needs fewer than 2^31 blocks";
  }
  return {};
}

size_t forward_workspace(const gpu::Limits&, const ConvProblem& problem) { return weight_bytes(problem); }

size_t fused_workspace(const gpu::Limits& limits, const ConvProblem& s) {
  if (s.y_mean == nullptr) return weight_bytes(s);
  // Alignment, and with it the number of tiles, is not known yet.
  const int64_t tiles = std::max(plan(limits, s, false, false).tiles, plan(limits, s, false, true).tiles);
  return weight_bytes(s) + moments_bytes(tiles, s.k);
}

template <class T, bool Transposed>
oct_status run_typed(Launches& launches, const ConvProblem& s, void* workspace) {
  const DirectPlan p = plan(launches.limits(), s, Transposed, s.aligned_images());
  float* packed = static_cast<float*>(workspace);
  const int64_t count = weight_count(s);
  OCT_TRY(launch(launches, "grouped_conv_direct_weight", grouped_conv_direct_weight<T, Transposed>,
                 {dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(count, 256))), dim3(256)}, data<const T>(s.weight), packed, count,
                 s.r * s.s, s.channels, s.filters, p.shape.out_c));
  DirectFusion fusion{};
  if (!Transposed) {
    fusion = {data<const float>(s.input_scale), data<const float>(s.input_shift), s.input_relu, data<const float>(s.bias),
              s.y_mean == nullptr ? nullptr : reinterpret_cast<float4*>(static_cast<unsigned char*>(workspace) + weight_bytes(s))};
  }
  const T* in = data<const T>(Transposed ? s.y : s.x);
  T* out = data<T>(Transposed ? s.x : s.y);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(p.tiles * p.shape.channel_tiles)), dim3(kDirectThreads)};
  const auto kernel = p.wide_inputs    ? grouped_conv_direct<T, 4, 4, Transposed>
                      : p.wide_outputs ? grouped_conv_direct<T, 4, 1, Transposed>
                                       : grouped_conv_direct<T, 1, 1, Transposed>;
  OCT_TRY(launch(launches, Transposed ? "grouped_conv_backward_data_direct" : "grouped_conv_forward_direct", kernel, shape, in, packed, out,
                 p.shape, fusion));
  if (s.y_mean == nullptr) return OCT_OK;
  return launch_merge_moments(launches, fusion.moments, p.tiles, s.k, data<float>(s.y_mean), data<float>(s.y_variance));
}

oct_status forward(Launches& launches, const ConvProblem& problem, void* workspace) {
  return with_float_type(problem.dtype, [&](auto type) { return run_typed<decltype(type), false>(launches, problem, workspace); });
}

oct_status backward_data(Launches& launches, const ConvProblem& problem, void* workspace) {
  return with_float_type(problem.dtype, [&](auto type) { return run_typed<decltype(type), true>(launches, problem, workspace); });
}

constexpr const char* kRegime =
    "every shape, f32 and bf16; scalar multiply-adds, 16-byte accesses where channels per group are a multiple of 4";

constexpr Variant<ConvProblem> kForward[] = {
    {{"grouped_conv", "forward", "grouped_conv_forward_direct", kRegime}, refuses, nullptr, forward_workspace, forward}};
constexpr Variant<ConvProblem> kForwardFused[] = {
    {{"grouped_conv", "forward_fused", "grouped_conv_forward_direct", kRegime}, refuses, nullptr, fused_workspace, forward}};
constexpr Variant<ConvProblem> kBackwardData[] = {
    {{"grouped_conv", "backward_data", "grouped_conv_backward_data_direct", kRegime}, refuses, nullptr, forward_workspace, backward_data}};

}  // namespace

ConvVariants conv_direct_variants() { return {kForward, kForwardFused, kBackwardData}; }

}  // namespace oct::cuda
