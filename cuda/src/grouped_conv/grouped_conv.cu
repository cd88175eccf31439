// The passes of a convolution, and the variants of each in the order of choice.
#include "grouped_conv/variants.h"
#include "runtime/kernels.h"

namespace oct::cuda {

namespace {

using AllVariants = std::vector<Variant<ConvProblem>>;

// Of one pass, from the most special to the one for every shape.
AllVariants collect(ConvVariantList ConvVariants::*pass) {
  AllVariants all;
  for (const ConvVariants& some :
       {conv_1x1_variants(), conv_packed_variants(), conv_wgmma_variants(), conv_wide_variants(), conv_direct_variants()}) {
    all.insert(all.end(), (some.*pass).begin(), (some.*pass).end());
  }
  return all;
}

ConvVariantList forward_variants() {
  static const AllVariants all = collect(&ConvVariants::forward);
  return all;
}

ConvVariantList forward_fused_variants() {
  static const AllVariants all = collect(&ConvVariants::forward_fused);
  return all;
}

ConvVariantList backward_data_variants() {
  static const AllVariants all = collect(&ConvVariants::backward_data);
  return all;
}

ConvProblem problem_of(const oct_grouped_conv_forward_args& a) { return {a.conv, a.x, a.weight, optional(a.bias), a.y}; }

ConvProblem problem_of(const oct_grouped_conv_forward_fused_args& a) {
  ConvProblem problem(a.conv, a.x, a.weight, optional(a.bias), a.y);
  problem.input_scale = optional(a.input_scale);
  problem.input_shift = optional(a.input_shift);
  problem.input_relu = a.input_relu;
  problem.y_mean = optional(a.y_mean);
  problem.y_variance = optional(a.y_variance);
  return problem;
}

ConvProblem problem_of(const oct_grouped_conv_backward_data_args& a) { return {a.conv, a.dx, a.weight, nullptr, a.dy}; }

ConvProblem problem_of(const oct_grouped_conv_backward_weight_args& a) { return {a.conv, a.x, a.dweight, optional(a.dbias), a.dy}; }

}  // namespace

oct_status workspace(Launches& launches, const oct_grouped_conv_forward_args& a, size_t* bytes) {
  return prepare_variant(launches, forward_variants(), problem_of(a), bytes);
}
oct_status grouped_conv_forward(Launches& launches, const oct_grouped_conv_forward_args& a, void* workspace) {
  return record_variant(launches, forward_variants(), problem_of(a), workspace);
}

oct_status workspace(Launches& launches, const oct_grouped_conv_forward_fused_args& a, size_t* bytes) {
  return prepare_variant(launches, forward_fused_variants(), problem_of(a), bytes);
}
oct_status grouped_conv_forward_fused(Launches& launches, const oct_grouped_conv_forward_fused_args& a, void* workspace) {
  return record_variant(launches, forward_fused_variants(), problem_of(a), workspace);
}

oct_status workspace(Launches& launches, const oct_grouped_conv_backward_data_args& a, size_t* bytes) {
  return prepare_variant(launches, backward_data_variants(), problem_of(a), bytes);
}
oct_status grouped_conv_backward_data(Launches& launches, const oct_grouped_conv_backward_data_args& a, void* workspace) {
  return record_variant(launches, backward_data_variants(), problem_of(a), workspace);
}

oct_status workspace(Launches& launches, const oct_grouped_conv_backward_weight_args& a, size_t* bytes) {
  return prepare_variant(launches, conv_backward_weight_variants(), problem_of(a), bytes);
}
oct_status grouped_conv_backward_weight(Launches& launches, const oct_grouped_conv_backward_weight_args& a, void* workspace) {
  return record_variant(launches, conv_backward_weight_variants(), problem_of(a), workspace);
}

void list_grouped_conv(std::vector<oct_variant>* all) {
  list(all, forward_variants());
  list(all, forward_fused_variants());
  list(all, backward_data_variants());
  list(all, conv_backward_weight_variants());
}

}  // namespace oct::cuda
