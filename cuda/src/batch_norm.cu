// Batch normalisation over the rows of x [M,C], M = N H W: launchers. Forward, training: statistics of chunks of rows, their merge, and
// the normalisation; backward: sums of chunks, their merge, and dx. Sums are deterministic: their order depends on shape and device alone.
#include <limits>

#include "batch_norm_gradients.cuh"
#include "batch_norm_statistics.cuh"
#include "kernels.h"

namespace oct::cuda {
namespace {

int64_t rows_of(const oct_tensor* x) { return x->shape[0] * x->shape[1] * x->shape[2]; }

// Calls body(type, width): the width of a thread's piece is 16 bytes where every row of every tensor (null: none) begins at a multiple
// of 16 bytes, else 1 element.
template <class Body>
oct_status with_pieces(const oct_tensor* x, std::initializer_list<const oct_tensor*> others, Body&& body) {
  bool wide = aligned_16({x->data});
  for (const oct_tensor* other : others) wide = wide && (other == nullptr || aligned_16({other->data}));
  return with_float_type(x->dtype, [&](auto type) {
    using T = decltype(type);
    if (wide && x->shape[3] % kPiece<T> == 0) return body(type, std::integral_constant<int, kPiece<T>>{});
    return body(type, std::integral_constant<int, 1>{});
  });
}

dim3 merge_blocks(const NormRows& rows) { return dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(rows.channels, kMergeChannels))); }

template <class T, int Width>
oct_status apply(oct_context* context, const NormRows& rows, const oct_batch_norm& bn, const Normalizer& by, const oct_tensor* x,
                 const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* residual, const oct_tensor* y) {
  const float floor = bn.relu != 0 ? 0.0f : -std::numeric_limits<float>::infinity();
  return launch(context, "batch_norm_apply", batch_norm_apply<T, Width>, rows.shape(), data<T>(x), rows, by, data<float>(weight),
                data<float>(bias), data<T>(residual), floor, data<T>(y));
}

// With `constant`, the statistics are the running ones and dx needs no second pass.
template <class T, int Width, bool Constant>
oct_status backward(oct_context* context, const Normalizer& by, const oct_tensor* x, const oct_tensor* y, const oct_tensor* weight,
                    const oct_tensor* dy, const oct_tensor* dx, const oct_tensor* dresidual, const oct_tensor* dweight,
                    const oct_tensor* dbias, void* workspace) {
  const NormRows rows(limits(context), rows_of(x), x->shape[3], Width);
  NormGradients<T> g{data<T>(x), data<T>(y), data<T>(dy), data<T>(dx), data<T>(dresidual)};
  if (g.y == nullptr && g.dresidual == g.dy) g.dresidual = nullptr;  // it is written already
  float* partial = static_cast<float*>(workspace);
  OCT_CUDA_TRY(launch(context, "batch_norm_gradient_sums", batch_norm_gradient_sums<T, Width, Constant>, rows.shape(), g, rows, by,
                      data<float>(weight), partial));
  const gpu::LaunchShape merge{merge_blocks(rows), dim3(kMergeChannels * kMergeParts)};
  OCT_CUDA_TRY(launch(context, "batch_norm_merge_gradients", batch_norm_merge_gradients, merge, partial, rows, by, data<float>(dweight),
                      data<float>(dbias)));
  if constexpr (Constant) {
    return OCT_OK;
  } else {
    if (g.y != nullptr && g.dresidual != nullptr) {  // which holds the masked dy now: one stream in place of two
      g.dy = g.dresidual;
      g.y = nullptr;
    }
    return launch(context, "batch_norm_data_gradient", batch_norm_data_gradient<T, Width>, rows.shape(), g, rows, by, data<float>(weight),
                  data<float>(dweight), data<float>(dbias));
  }
}

}  // namespace

oct_status batch_norm_workspace(oct_context* context, const oct_tensor* x, size_t* bytes) {
  *bytes = 0;
  // Whether pieces are wide depends on addresses too, so the largest counts.
  for (const int width : {1, kPiece<float>, kPiece<gpu::bf16>}) {
    *bytes = std::max(*bytes, NormRows(limits(context), rows_of(x), x->shape[3], width).workspace());
  }
  return OCT_OK;
}

oct_status batch_norm_forward_training(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* weight,
                                       const oct_tensor* bias, const oct_tensor* residual, const oct_tensor* running_mean,
                                       const oct_tensor* running_variance, const oct_tensor* saved_mean, const oct_tensor* saved_rstd,
                                       const oct_tensor* y, void* workspace, size_t) {
  return with_pieces(x, {residual, y}, [&](auto type, auto width) {
    using T = decltype(type);
    constexpr int kWidth = decltype(width)::value;
    const NormRows rows(limits(context), rows_of(x), x->shape[3], kWidth);
    float* partial = static_cast<float*>(workspace);
    OCT_CUDA_TRY(launch(context, "batch_norm_statistics", batch_norm_statistics<T, kWidth>, rows.shape(), data<T>(x), rows, partial));
    const NormStatistics out{data<float>(running_mean),
                             data<float>(running_variance),
                             data<float>(saved_mean),
                             data<float>(saved_rstd),
                             bn->epsilon,
                             bn->momentum};
    const gpu::LaunchShape merge{merge_blocks(rows), dim3(kMergeChannels * kMergeParts)};
    OCT_CUDA_TRY(launch(context, "batch_norm_merge_statistics", batch_norm_merge_statistics, merge, partial, rows, out));
    const Normalizer by{data<float>(saved_mean), data<float>(saved_rstd), nullptr, bn->epsilon};
    return apply<T, kWidth>(context, rows, *bn, by, x, weight, bias, residual, y);
  });
}

oct_status batch_norm_forward_inference(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* weight,
                                        const oct_tensor* bias, const oct_tensor* residual, const oct_tensor* running_mean,
                                        const oct_tensor* running_variance, const oct_tensor* y) {
  return with_pieces(x, {residual, y}, [&](auto type, auto width) {
    constexpr int kWidth = decltype(width)::value;
    const Normalizer by{data<float>(running_mean), nullptr, data<float>(running_variance), bn->epsilon};
    const NormRows rows(limits(context), rows_of(x), x->shape[3], kWidth);
    return apply<decltype(type), kWidth>(context, rows, *bn, by, x, weight, bias, residual, y);
  });
}

oct_status batch_norm_backward_training(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* y,
                                        const oct_tensor* weight, const oct_tensor* saved_mean, const oct_tensor* saved_rstd,
                                        const oct_tensor* dy, const oct_tensor* dx, const oct_tensor* dresidual, const oct_tensor* dweight,
                                        const oct_tensor* dbias, void* workspace, size_t) {
  const Normalizer by{data<float>(saved_mean), data<float>(saved_rstd), nullptr, bn->epsilon};
  return with_pieces(x, {y, dy, dx, dresidual}, [&](auto type, auto width) {
    return backward<decltype(type), decltype(width)::value, false>(context, by, x, y, weight, dy, dx, dresidual, dweight, dbias, workspace);
  });
}

oct_status batch_norm_backward_inference(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* y,
                                         const oct_tensor* weight, const oct_tensor* running_mean, const oct_tensor* running_variance,
                                         const oct_tensor* dy, const oct_tensor* dx, const oct_tensor* dresidual, const oct_tensor* dweight,
                                         const oct_tensor* dbias, void* workspace, size_t) {
  const Normalizer by{data<float>(running_mean), nullptr, data<float>(running_variance), bn->epsilon};
  return with_pieces(x, {y, dy, dx, dresidual}, [&](auto type, auto width) {
    return backward<decltype(type), decltype(width)::value, true>(context, by, x, y, weight, dy, dx, dresidual, dweight, dbias, workspace);
  });
}

}  // namespace oct::cuda
