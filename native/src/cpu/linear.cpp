// Three matrix products (gemm.h) and a sum of columns.
#include "column_sums.h"
#include "gemm/gemm.h"
#include "integers.h"
#include "kernels.h"
#include "parallel.h"
#include "prepare.h"
#include "sgd_step.h"

OCT_KERNEL_BEGIN

namespace {

/// Weights whose gradient is in scratch memory at a time while they are updated: 4 MB, a part of the L3 cache. A constant, since the order
/// of the sums depends on the rows of a product.
constexpr int64_t kUpdated = int64_t{1} << 20;

int64_t rows_updated(int64_t d, int64_t v) {
  const int64_t rows = kUpdated / d < 280 ? 280 : kUpdated / d / 280 * 280;
  return rows < v ? rows : v;
}

/// Scratch bytes of a gradient [rows,d], rounded up to whole cache lines.
size_t gradient_bytes(int64_t rows, int64_t d) { return static_cast<size_t>((rows * d + 15) / 16 * 16) * sizeof(float); }

/// What linear_backward_weight_sgd needs: the gradient of some rows, then the scratch of its product.
size_t update_bytes(const oct_context* context, oct_dtype dtype, int64_t b, int64_t d, int64_t v) {
  const int64_t rows = rows_updated(d, v), rest = v % rows;
  size_t product = gemm_workspace(context, Gemm::kTN, dtype, rows, d, b);
  if (rest > 0 && gemm_workspace(context, Gemm::kTN, dtype, rest, d, b) > product) {
    product = gemm_workspace(context, Gemm::kTN, dtype, rest, d, b);
  }
  return gradient_bytes(rows, d) + product;
}

template <class T>
oct_status forward(oct_call* call) {
  const auto& a = args<oct_linear_forward_args>(call);
  const int64_t b = a.x.shape[0], d = a.x.shape[1], v = a.weight.shape[0];
  gemm_nt(call->context, b, v, d, data<const T>(a.x), d, data<const T>(a.weight), d, data<const float>(a.bias), data<T>(a.y), v,
          call->workspace);
  return OCT_OK;
}

template <class T>
oct_status backward_data(oct_call* call) {
  const auto& a = args<oct_linear_backward_data_args>(call);
  const int64_t b = a.dy.shape[0], d = a.weight.shape[1], v = a.weight.shape[0];
  gemm_nn(call->context, b, d, v, data<const T>(a.dy), v, data<const T>(a.weight), d, data<T>(a.dx), d, call->workspace);
  return OCT_OK;
}

template <class T>
oct_status backward_weight(oct_call* call) {
  const auto& a = args<oct_linear_backward_weight_args>(call);
  const int64_t b = a.x.shape[0], d = a.x.shape[1], v = a.dy.shape[1];
  gemm_tn(call->context, v, d, b, data<const T>(a.dy), v, data<const T>(a.x), d, data<float>(a.dweight), d, call->workspace);
  if (a.dbias.data != nullptr) sum_columns(call->context, b, v, data<const T>(a.dy), data<float>(a.dbias));
  return OCT_OK;
}

template <class T>
oct_status backward_weight_sgd(oct_call* call) {
  const auto& a = args<oct_linear_backward_weight_sgd_args>(call);
  const int64_t b = a.x.shape[0], d = a.x.shape[1], v = a.dy.shape[1], rows = rows_updated(d, v);
  const SgdRates rates{data<const float>(a.rates)[0], data<const float>(a.rates)[1], a.momentum};
  const oct_status status = check_rates("linear_backward_weight_sgd", rates);
  if (status != OCT_OK) return status;
  float* const gradient = static_cast<float*>(call->workspace);
  void* const scratch = static_cast<char*>(call->workspace) + gradient_bytes(rows, d);
  const SgdStep step = sgd_step_of(a.nesterov != 0, a.weight_bf16.data != nullptr);
  for (int64_t first = 0; first < v; first += rows) {
    const int64_t count = min_of(v - first, rows), n = count * d;
    gemm_tn(call->context, count, d, b, data<const T>(a.dy) + first, v, data<const T>(a.x), d, gradient, d, scratch);
    const SgdArrays arrays{data<float>(a.weight) + first * d, gradient, data<float>(a.buffer) + first * d,
                           a.weight_bf16.data == nullptr ? nullptr : data<bf16>(a.weight_bf16) + first * d};
    const float decay = a.decay;
    parallel_for(call->context, ceil_div(n, kSgdPiece), n, [=](int64_t first_piece, int64_t last_piece) {
      for (int64_t piece = first_piece; piece < last_piece; ++piece) {
        step(rates, arrays, decay, piece * kSgdPiece, min_of((piece + 1) * kSgdPiece, n));
      }
    });
  }
  return OCT_OK;
}

}  // namespace

oct_status linear_forward(oct_call* call) {
  const auto& a = args<oct_linear_forward_args>(call);
  call->workspace_bytes = gemm_workspace(call->context, Gemm::kNT, a.x.dtype, a.x.shape[0], a.weight.shape[0], a.x.shape[1]);
  return OCT_RUNS(call, a.x.dtype, forward);
}

oct_status linear_backward_data(oct_call* call) {
  const auto& a = args<oct_linear_backward_data_args>(call);
  call->workspace_bytes = gemm_workspace(call->context, Gemm::kNN, a.dy.dtype, a.dy.shape[0], a.weight.shape[1], a.weight.shape[0]);
  return OCT_RUNS(call, a.dy.dtype, backward_data);
}

oct_status linear_backward_weight(oct_call* call) {
  const auto& a = args<oct_linear_backward_weight_args>(call);
  call->workspace_bytes = gemm_workspace(call->context, Gemm::kTN, a.x.dtype, a.dy.shape[1], a.x.shape[1], a.x.shape[0]);
  return OCT_RUNS(call, a.x.dtype, backward_weight);
}

oct_status linear_backward_weight_sgd(oct_call* call) {
  const auto& a = args<oct_linear_backward_weight_sgd_args>(call);
  call->workspace_bytes = update_bytes(call->context, a.x.dtype, a.x.shape[0], a.x.shape[1], a.dy.shape[1]);
  return OCT_RUNS(call, a.x.dtype, backward_weight_sgd);
}

OCT_KERNEL_END
