// Three matrix products (gemm.h) and a sum of columns.
#include "column_sums.h"
#include "gemm.h"
#include "kernels.h"
#include "parallel.h"
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

}  // namespace

oct_status linear_workspace(oct_context* context, int32_t pass, const oct_tensor* x, const oct_tensor* weight, const oct_tensor*,
                            size_t* bytes) {
  const int64_t b = x->shape[0], d = x->shape[1], v = weight->shape[0];
  if (pass == OCT_FORWARD) {
    *bytes = gemm_workspace(context, Gemm::kNT, x->dtype, b, v, d);
  } else if (pass == OCT_BACKWARD_DATA) {
    *bytes = gemm_workspace(context, Gemm::kNN, x->dtype, b, d, v);
  } else {
    const size_t gradient = gemm_workspace(context, Gemm::kTN, x->dtype, v, d, b), update = update_bytes(context, x->dtype, b, d, v);
    *bytes = gradient > update ? gradient : update;
  }
  return OCT_OK;
}

oct_status linear_forward(oct_context* context, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* y,
                          void* workspace, size_t) {
  const int64_t b = x->shape[0], d = x->shape[1], v = weight->shape[0];
  with_float_type(x->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    gemm_nt(context, b, v, d, static_cast<const T*>(x->data), d, static_cast<const T*>(weight->data), d,
            bias == nullptr ? nullptr : static_cast<const float*>(bias->data), static_cast<T*>(y->data), v, workspace);
  });
  return OCT_OK;
}

oct_status linear_backward_data(oct_context* context, const oct_tensor* dy, const oct_tensor* weight, const oct_tensor* dx, void* workspace,
                                size_t) {
  const int64_t b = dy->shape[0], d = weight->shape[1], v = weight->shape[0];
  with_float_type(dy->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    gemm_nn(context, b, d, v, static_cast<const T*>(dy->data), v, static_cast<const T*>(weight->data), d, static_cast<T*>(dx->data), d,
            workspace);
  });
  return OCT_OK;
}

oct_status linear_backward_weight(oct_context* context, const oct_tensor* x, const oct_tensor* dy, const oct_tensor* dweight,
                                  const oct_tensor* dbias, void* workspace, size_t) {
  const int64_t b = x->shape[0], d = x->shape[1], v = dy->shape[1];
  with_float_type(x->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    gemm_tn(context, v, d, b, static_cast<const T*>(dy->data), v, static_cast<const T*>(x->data), d, static_cast<float*>(dweight->data), d,
            workspace);
    if (dbias != nullptr) sum_columns(context, b, v, static_cast<const T*>(dy->data), static_cast<float*>(dbias->data));
  });
  return OCT_OK;
}

oct_status linear_backward_weight_sgd(oct_context* context, const oct_sgd* sgd, float decay, const oct_tensor* x, const oct_tensor* dy,
                                      const oct_tensor* weight, const oct_tensor* buffer, const oct_tensor* weight_bf16, void* workspace,
                                      size_t) {
  const int64_t b = x->shape[0], d = x->shape[1], v = dy->shape[1], rows = rows_updated(d, v);
  float* const gradient = static_cast<float*>(workspace);
  void* const scratch = static_cast<char*>(workspace) + gradient_bytes(rows, d);
  const SgdStep step = sgd_step_of(*sgd);
  for (int64_t first = 0; first < v; first += rows) {
    const int64_t count = v - first < rows ? v - first : rows, n = count * d;
    with_float_type(x->dtype, [=](auto* type) {
      using T = __typeof__(*type);
      gemm_tn(context, count, d, b, static_cast<const T*>(dy->data) + first, v, static_cast<const T*>(x->data), d, gradient, d, scratch);
    });
    const SgdArrays arrays{static_cast<float*>(weight->data) + first * d, gradient, static_cast<float*>(buffer->data) + first * d,
                           weight_bf16 == nullptr ? nullptr : static_cast<bf16*>(weight_bf16->data) + first * d};
    parallel_for(context, (n + kSgdPiece - 1) / kSgdPiece, n, [=](int64_t first_piece, int64_t last_piece) {
      for (int64_t piece = first_piece; piece < last_piece; ++piece) {
        step(*sgd, arrays, decay, piece * kSgdPiece, (piece + 1) * kSgdPiece < n ? (piece + 1) * kSgdPiece : n);
      }
    });
  }
  return OCT_OK;
}

OCT_KERNEL_END
