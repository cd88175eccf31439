// Launchers of the linear layer: three products, with the depth in parts where C has too few tiles to occupy the device.
#include "kernels.h"
#include "linear_update.cuh"
#include "variant.h"

namespace oct::cuda {
namespace {

// C [m,n] over k; operands null while only the workspace is asked for.
struct Problem {
  oct_dtype dtype;
  int64_t m, n, k;
  const void* a;
  const void* b;
  void* c;
  const float* bias;  // of a forward pass
  float* dbias;       // of a weight gradient
};

template <class T>
size_t parts_bytes(const gpu::Limits& limits, const Problem& p) {
  const int64_t splits = gpu::ceil_div(p.k, depth_of_parts<T>(limits, p.m, p.n, p.k));
  return splits == 1 ? 0 : static_cast<size_t>(splits * p.m * p.n) * sizeof(float);
}

// C in type R.
template <bool ADepth, bool BDepth, class T, class R>
oct_status product(oct_context* context, const char* name, const Problem& p, void* workspace) {
  const T* a = static_cast<const T*>(p.a);
  const T* b = static_cast<const T*>(p.b);
  R* c = static_cast<R*>(p.c);
  const int64_t depth = depth_of_parts<T>(limits(context), p.m, p.n, p.k);
  const Product<T> product{operand_of(a, ADepth ? p.k : p.m), operand_of(b, BDepth ? p.k : p.n), p.m, p.n, p.k, depth};
  if (depth == p.k) return run_gemm<ADepth, BDepth>(context, name, product, store_sums(c, p.n, p.bias));
  float* parts = static_cast<float*>(workspace);
  OCT_CUDA_TRY((run_gemm<ADepth, BDepth>(context, name, product, store_sums(parts, p.n, nullptr, false, p.m * p.n))));
  return run_sum_parts(context, parts, gpu::ceil_div(p.k, depth), p.m, p.n, p.bias, c);
}

template <class T>
oct_status forward(oct_context* context, const Problem& p, void* workspace) {
  return product<true, true, T, T>(context, "linear_forward", p, workspace);
}

template <class T>
oct_status backward_data(oct_context* context, const Problem& p, void* workspace) {
  return product<true, false, T, T>(context, "linear_backward_data", p, workspace);
}

template <class T>
oct_status backward_weight(oct_context* context, const Problem& p, void* workspace) {
  OCT_CUDA_TRY((product<false, false, T, float>(context, "linear_backward_weight", p, workspace)));
  return p.dbias == nullptr ? OCT_OK : run_column_sums(context, static_cast<const T*>(p.a), p.k, p.m, p.m, p.dbias);
}

std::string refuse_f32(const gpu::Limits&, const Problem& p) {
  return p.dtype == OCT_BF16 ? "" : "multiplies BF16, but the tensors are F32";
}
std::string refuse_bf16(const gpu::Limits&, const Problem& p) {
  return p.dtype == OCT_F32 ? "" : "multiplies F32, but the tensors are BF16";
}

constexpr const char* kMma = "BF16 on tensor cores, tiles of 128 x 128, any shape";
constexpr const char* kSimt = "F32 without tensor cores, tiles of 128 x 128, any shape";

#define OCT_LINEAR_VARIANTS(pass)                                                                                    \
  {                                                                                                                  \
    {{"linear", #pass, "linear_" #pass "_mma", kMma}, refuse_f32, nullptr, parts_bytes<gpu::bf16>, pass<gpu::bf16>}, \
        {{"linear", #pass, "linear_" #pass "_simt", kSimt}, refuse_bf16, nullptr, parts_bytes<float>, pass<float>},  \
  }
constexpr Variant<Problem> kForward[] = OCT_LINEAR_VARIANTS(forward);
constexpr Variant<Problem> kBackwardData[] = OCT_LINEAR_VARIANTS(backward_data);
constexpr Variant<Problem> kBackwardWeight[] = OCT_LINEAR_VARIANTS(backward_weight);
#undef OCT_LINEAR_VARIANTS

oct_status run(oct_context* context, std::span<const Variant<Problem>> variants, const Problem& problem, void* workspace) {
  const Variant<Problem>* variant = nullptr;
  OCT_CUDA_TRY(choose(context, variants, problem, &variant));
  return variant->run(context, problem, workspace);
}

template <class T>
oct_status update(oct_context* context, const oct_sgd* sgd, float decay, const oct_tensor* x, const oct_tensor* dy,
                  const oct_tensor* weight, const oct_tensor* buffer, const oct_tensor* weight_bf16) {
  const int64_t b = x->shape[0], d = x->shape[1], v = dy->shape[1];
  const auto misplaced = [](const oct_tensor* tensor) { return tensor != nullptr && reinterpret_cast<uintptr_t>(tensor->data) % 16 != 0; };
  const SgdUpdate epilogue{*sgd,
                           decay,
                           data<float>(weight),
                           data<float>(buffer),
                           data<gpu::bf16>(weight_bf16),
                           d,
                           d % 4 == 0 && !misplaced(weight) && !misplaced(buffer) && !misplaced(weight_bf16)};
  const Product<T> product{operand_of(data<const T>(dy), v), operand_of(data<const T>(x), d), v, d, b, b};
  return run_gemm<false, false>(context, "linear_backward_weight_sgd", product, epilogue);
}

}  // namespace

oct_status linear_workspace(oct_context* context, int32_t pass, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* y,
                            size_t* bytes) {
  const int64_t b = x->shape[0], d = x->shape[1], v = weight->shape[0];
  // dweight is F32, and dx is x here: the type is y's.
  Problem problem{y->dtype, b, v, d, nullptr, nullptr, nullptr, nullptr, nullptr};
  std::span<const Variant<Problem>> variants = kForward;
  if (pass == OCT_BACKWARD_DATA) {
    problem.n = d, problem.k = v;
    variants = kBackwardData;
  } else if (pass == OCT_BACKWARD_WEIGHT) {
    problem.m = v, problem.n = d, problem.k = b;
    variants = kBackwardWeight;
  }
  const Variant<Problem>* variant = nullptr;
  OCT_CUDA_TRY(choose(context, variants, problem, &variant));
  *bytes = variant->workspace(limits(context), problem);
  return OCT_OK;
}

oct_status linear_forward(oct_context* context, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* y,
                          void* workspace, size_t) {
  return run(context, kForward,
             {x->dtype, x->shape[0], weight->shape[0], x->shape[1], x->data, weight->data, y->data, data<const float>(bias), nullptr},
             workspace);
}

oct_status linear_backward_data(oct_context* context, const oct_tensor* dy, const oct_tensor* weight, const oct_tensor* dx, void* workspace,
                                size_t) {
  return run(context, kBackwardData,
             {dy->dtype, dy->shape[0], weight->shape[1], weight->shape[0], dy->data, weight->data, dx->data, nullptr, nullptr}, workspace);
}

oct_status linear_backward_weight(oct_context* context, const oct_tensor* x, const oct_tensor* dy, const oct_tensor* dweight,
                                  const oct_tensor* dbias, void* workspace, size_t) {
  return run(context, kBackwardWeight,
             {x->dtype, dy->shape[1], x->shape[1], x->shape[0], dy->data, x->data, dweight->data, nullptr, data<float>(dbias)}, workspace);
}

oct_status linear_backward_weight_sgd(oct_context* context, const oct_sgd* sgd, float decay, const oct_tensor* x, const oct_tensor* dy,
                                      const oct_tensor* weight, const oct_tensor* buffer, const oct_tensor* weight_bf16, void*, size_t) {
  return with_float_type(x->dtype,
                         [&](auto type) { return update<decltype(type)>(context, sgd, decay, x, dy, weight, buffer, weight_bf16); });
}

void list_linear(std::vector<oct_variant>* all) {
  list<Problem>(all, kForward);
  list<Problem>(all, kBackwardData);
  list<Problem>(all, kBackwardWeight);
}

}  // namespace oct::cuda
