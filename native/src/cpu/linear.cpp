// Three matrix products (gemm.h) and a sum of columns.
#include "gemm.h"
#include "kernels.h"
#include "parallel.h"

OCT_KERNEL_BEGIN

namespace {

/// dbias [n] = sum of dy [m, n] over m: blocks of 256 rows, then the blocks, each in ascending order.
template <class T>
void sum_columns(const oct_context* context, int64_t m, int64_t n, const T* dy, float* dbias) {
  constexpr int64_t kBlock = 256;
  parallel_for(context, n, m * n, [=](int64_t begin, int64_t end) {
    int64_t j = begin;
    for (; j + kLanes <= end; j += kLanes) {
      vf total{};
      for (int64_t block = 0; block < m; block += kBlock) {
        vf sum{};
        for (int64_t i = block; i < m && i < block + kBlock; ++i) sum += load(dy + i * n + j);
        total += sum;
      }
      store(dbias + j, total);
    }
    for (; j < end; ++j) {
      float total = 0.0f;
      for (int64_t block = 0; block < m; block += kBlock) {
        float sum = 0.0f;
        for (int64_t i = block; i < m && i < block + kBlock; ++i) sum += to_float(dy[i * n + j]);
        total += sum;
      }
      dbias[j] = total;
    }
  });
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
    *bytes = gemm_workspace(context, Gemm::kTN, x->dtype, v, d, b);
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

OCT_KERNEL_END
