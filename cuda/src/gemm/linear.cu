// Launchers of the linear layer: three products, with the depth in parts where C has too few tiles to occupy the device.
#include "gemm/linear_update.cuh"
#include "runtime/kernels.h"
#include "runtime/variant.h"

namespace oct::cuda {
namespace {

// C [m,n] over k.
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
oct_status product(Launches& launches, const char* name, const Problem& p, void* workspace) {
  const T* a = static_cast<const T*>(p.a);
  const T* b = static_cast<const T*>(p.b);
  R* c = static_cast<R*>(p.c);
  const int64_t depth = depth_of_parts<T>(launches.limits(), p.m, p.n, p.k);
  const Product<T> product{operand_of(a, ADepth ? p.k : p.m), operand_of(b, BDepth ? p.k : p.n), p.m, p.n, p.k, depth};
  if (depth == p.k) return run_gemm<ADepth, BDepth>(launches, name, product, store_sums(c, p.n, p.bias));
  float* parts = static_cast<float*>(workspace);
  OCT_TRY((run_gemm<ADepth, BDepth>(launches, name, product, store_sums(parts, p.n, nullptr, false, p.m * p.n))));
  return run_sum_parts(launches, parts, gpu::ceil_div(p.k, depth), p.m, p.n, p.bias, c);
}

template <class T>
oct_status forward(Launches& launches, const Problem& p, void* workspace) {
  return product<true, true, T, T>(launches, "linear_forward", p, workspace);
}

template <class T>
oct_status backward_data(Launches& launches, const Problem& p, void* workspace) {
  return product<true, false, T, T>(launches, "linear_backward_data", p, workspace);
}

template <class T>
oct_status backward_weight(Launches& launches, const Problem& p, void* workspace) {
  OCT_TRY((product<false, false, T, float>(launches, "linear_backward_weight", p, workspace)));
  return p.dbias == nullptr ? OCT_OK : run_column_sums(launches, static_cast<const T*>(p.a), p.k, p.m, p.m, p.dbias);
}

Refusal refuse_f32(const gpu::Limits&, const Problem& p) {
  return p.dtype == OCT_BF16 ? Refusal() : "multiplies BF16, but the tensors are F32";
}
Refusal refuse_bf16(const gpu::Limits&, const Problem& p) {
  return p.dtype == OCT_F32 ? Refusal() : "multiplies F32, but the tensors are BF16";
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

Problem problem_of(const oct_linear_forward_args& a) {
  return {a.x.dtype, a.x.shape[0], a.weight.shape[0], a.x.shape[1], a.x.data, a.weight.data, a.y.data, data<float>(a.bias), nullptr};
}
Problem problem_of(const oct_linear_backward_data_args& a) {
  return {a.dy.dtype, a.dy.shape[0], a.weight.shape[1], a.weight.shape[0], a.dy.data, a.weight.data, a.dx.data, nullptr, nullptr};
}
Problem problem_of(const oct_linear_backward_weight_args& a) {
  return {a.x.dtype, a.dy.shape[1], a.x.shape[1], a.x.shape[0], a.dy.data, a.x.data, a.dweight.data, nullptr, data<float>(a.dbias)};
}

template <class T>
oct_status update(Launches& launches, const oct_linear_backward_weight_sgd_args& a) {
  const int64_t b = a.x.shape[0], d = a.x.shape[1], v = a.dy.shape[1];
  const bool wide = d % 4 == 0 && aligned({a.weight.data, a.buffer.data, a.weight_bf16.data});
  const SgdUpdate epilogue{
      data<float>(a.rates),           a.momentum, a.decay,         a.nesterov != 0, wide, data<float>(a.weight), data<float>(a.buffer),
      data<gpu::bf16>(a.weight_bf16), d,          launches.fault()};
  const Product<T> product{operand_of(data<const T>(a.dy), v), operand_of(data<const T>(a.x), d), v, d, b, b};
  return run_gemm<false, false>(launches, "linear_backward_weight_sgd", product, epilogue);
}

}  // namespace

oct_status workspace(Launches& launches, const oct_linear_forward_args& a, size_t* bytes) {
  return prepare_variant<Problem>(launches, kForward, problem_of(a), bytes);
}
oct_status linear_forward(Launches& launches, const oct_linear_forward_args& a, void* workspace) {
  return record_variant<Problem>(launches, kForward, problem_of(a), workspace);
}

oct_status workspace(Launches& launches, const oct_linear_backward_data_args& a, size_t* bytes) {
  return prepare_variant<Problem>(launches, kBackwardData, problem_of(a), bytes);
}
oct_status linear_backward_data(Launches& launches, const oct_linear_backward_data_args& a, void* workspace) {
  return record_variant<Problem>(launches, kBackwardData, problem_of(a), workspace);
}

oct_status workspace(Launches& launches, const oct_linear_backward_weight_args& a, size_t* bytes) {
  return prepare_variant<Problem>(launches, kBackwardWeight, problem_of(a), bytes);
}
oct_status linear_backward_weight(Launches& launches, const oct_linear_backward_weight_args& a, void* workspace) {
  return record_variant<Problem>(launches, kBackwardWeight, problem_of(a), workspace);
}

OCT_NO_WORKSPACE(linear_backward_weight_sgd)
oct_status linear_backward_weight_sgd(Launches& launches, const oct_linear_backward_weight_sgd_args& a, void*) {
  return with_float_type(a.x.dtype, [&](auto type) { return update<decltype(type)>(launches, a); });
}

void list_linear(std::vector<oct_variant>* all) {
  list<Problem>(all, kForward);
  list<Problem>(all, kBackwardData);
  list<Problem>(all, kBackwardWeight);
}

}  // namespace oct::cuda
