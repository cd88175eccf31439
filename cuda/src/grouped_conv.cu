// The passes of a grouped convolution: which variants each has, in the order of choice, and the entries of the device table.
#include <algorithm>

#include "grouped_conv_variants.h"

namespace oct::cuda {

namespace {

using Variants = std::vector<Variant<ConvProblem>>;

void append(Variants* all, std::span<const Variant<ConvProblem>> more) { all->insert(all->end(), more.begin(), more.end()); }

const Variants& variants(int32_t pass) {
  static const std::vector<Variants> passes = [] {
    std::vector<Variants> all(4);
    append(&all[OCT_FORWARD], conv_1x1_forward_variants());
    append(&all[OCT_FORWARD_FUSED], conv_1x1_forward_variants());
    for (Variant<ConvProblem>& variant : all[OCT_FORWARD_FUSED]) variant.names.pass = "forward_fused";
    append(&all[OCT_BACKWARD_DATA], conv_1x1_backward_data_variants());
    append(&all[OCT_BACKWARD_WEIGHT], grouped_conv_backward_weight_variants());
    for (const ConvVariants& some : {conv_packed_variants(), conv_wgmma_variants(), conv_wide_variants(), conv_direct_variants()}) {
      append(&all[OCT_FORWARD], some.forward);
      append(&all[OCT_FORWARD_FUSED], some.forward_fused);
      append(&all[OCT_BACKWARD_DATA], some.backward_data);
    }
    return all;
  }();
  return passes[static_cast<size_t>(pass)];
}

std::span<const Variant<ConvProblem>> list_of(int32_t pass) { return variants(pass); }

oct_status run(oct_context* context, int32_t pass, const ConvProblem& problem, void* workspace) {
  const Variant<ConvProblem>* variant = nullptr;
  OCT_CUDA_TRY(choose(context, list_of(pass), problem, &variant));
  return variant->run(context, problem, workspace);
}

}  // namespace

oct_status grouped_conv_workspace(oct_context* context, int32_t pass, const oct_grouped_conv* conv, const oct_tensor* x,
                                  const oct_tensor* weight, const oct_tensor* y, size_t* bytes) {
  ConvProblem problem{};
  problem.conv = conv;
  problem.x = x;
  problem.weight = weight;
  problem.y = y;
  const Variant<ConvProblem>* variant = nullptr;
  OCT_CUDA_TRY(choose(context, list_of(pass), problem, &variant));
  *bytes = variant->workspace(limits(context), problem);
  if (state(context).variant != nullptr) return OCT_OK;
  // Alignments are known only when the pass runs, and then the last variant, which needs none, may be the one.
  const Variant<ConvProblem>& last = variants(pass).back();
  if (last.refuses(limits(context), problem).empty()) *bytes = std::max(*bytes, last.workspace(limits(context), problem));
  return OCT_OK;
}

oct_status grouped_conv_forward(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x, const oct_tensor* weight,
                                const oct_tensor* bias, const oct_tensor* y, void* workspace, size_t) {
  ConvProblem problem{};
  problem.conv = conv;
  problem.x = x;
  problem.weight = weight;
  problem.bias = bias;
  problem.y = y;
  return run(context, OCT_FORWARD, problem, workspace);
}

oct_status grouped_conv_forward_fused(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x,
                                      const oct_tensor* input_scale, const oct_tensor* input_shift, int32_t input_relu,
                                      const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* y, const oct_tensor* y_mean,
                                      const oct_tensor* y_variance, void* workspace, size_t) {
  ConvProblem problem{conv, x, weight, bias, y};
  problem.input_scale = input_scale;
  problem.input_shift = input_shift;
  problem.input_relu = input_relu;
  problem.y_mean = y_mean;
  problem.y_variance = y_variance;
  return run(context, OCT_FORWARD_FUSED, problem, workspace);
}

oct_status grouped_conv_backward_data(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* dy, const oct_tensor* weight,
                                      const oct_tensor* dx, void* workspace, size_t) {
  ConvProblem problem{};
  problem.conv = conv;
  problem.x = dx;
  problem.weight = weight;
  problem.y = dy;
  return run(context, OCT_BACKWARD_DATA, problem, workspace);
}

oct_status grouped_conv_backward_weight(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x, const oct_tensor* dy,
                                        const oct_tensor* dweight, const oct_tensor* dbias, void* workspace, size_t) {
  ConvProblem problem{};
  problem.conv = conv;
  problem.x = x;
  problem.weight = dweight;
  problem.bias = dbias;
  problem.y = dy;
  return run(context, OCT_BACKWARD_WEIGHT, problem, workspace);
}

void list_grouped_conv(std::vector<oct_variant>* all) {
  for (int32_t pass : {OCT_FORWARD, OCT_FORWARD_FUSED, OCT_BACKWARD_DATA, OCT_BACKWARD_WEIGHT}) list(all, list_of(pass));
}

}  // namespace oct::cuda
