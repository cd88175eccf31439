// Batch normalization over the rows of x [M,C], M = N H W: launchers. Forward, training: statistics of chunks of rows, their merge, and
// the normalization; backward: sums of chunks, their merge, and dx. Sums are deterministic: their order depends only on shape and device.
#include <limits>

#include "batch_norm/gradients.cuh"
#include "batch_norm/statistics.cuh"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {

int64_t rows_of(const oct_tensor& x) { return x.shape[0] * x.shape[1] * x.shape[2]; }

// Calls body(type, width): the width of a thread's piece is 16 bytes where every row of every tensor begins at a multiple of 16 bytes, else
// 1 element.
template <class Body>
oct_status with_pieces(const oct_tensor& x, std::initializer_list<const void*> others, Body&& body) {
  const bool wide = aligned({x.data}) && aligned(others);
  return with_float_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    if (wide && x.shape[3] % kPiece<T> == 0) return body(type, std::integral_constant<int, kPiece<T>>{});
    return body(type, std::integral_constant<int, 1>{});
  });
}

// Whether pieces are wide depends on addresses too, so the largest counts.
oct_status partials_workspace(Launches& launches, const oct_tensor& x, size_t* bytes) {
  *bytes = 0;
  for (const int width : {1, kPiece<float>, kPiece<gpu::bf16>}) {
    *bytes = std::max(*bytes, NormRows(launches.limits(), rows_of(x), x.shape[3], width).workspace());
  }
  return OCT_OK;
}

gpu::LaunchShape merge_shape(const NormRows& rows) {
  return {dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(rows.channels, kMergeChannels))), dim3(kMergeChannels * kMergeParts)};
}

// The second half of both forward passes.
template <class T, int Width, class Args>
oct_status apply(Launches& launches, const NormRows& rows, const Normalizer& by, const Args& a) {
  const float floor = a.norm.relu != 0 ? 0.0f : -std::numeric_limits<float>::infinity();
  return launch(launches, "batch_norm_apply", batch_norm_apply<T, Width>, rows.shape(), data<T>(a.x), rows, by, data<float>(a.weight),
                data<float>(a.bias), data<T>(a.residual), floor, data<T>(a.y));
}

// With `Constant`, the statistics are the running ones and dx needs no second pass.
template <class T, int Width, bool Constant, class Args>
oct_status backward(Launches& launches, const Normalizer& by, const Args& a, float* partial) {
  const NormRows rows(launches.limits(), rows_of(a.x), a.x.shape[3], Width);
  NormGradients<T> g{data<T>(a.x), data<T>(a.y), data<T>(a.dy), data<T>(a.dx), data<T>(a.dresidual)};
  if (g.y == nullptr && g.dresidual == g.dy) g.dresidual = nullptr;  // it is written already
  const float* weight = data<float>(a.weight);
  float *dweight = data<float>(a.dweight), *dbias = data<float>(a.dbias);
  OCT_TRY(launch(launches, "batch_norm_gradient_sums", batch_norm_gradient_sums<T, Width, Constant>, rows.shape(), g, rows, by, weight,
                 partial));
  OCT_TRY(launch(launches, "batch_norm_merge_gradients", batch_norm_merge_gradients, merge_shape(rows), partial, rows, by, dweight, dbias));
  if constexpr (Constant) {
    return OCT_OK;
  } else {
    if (g.y != nullptr && g.dresidual != nullptr) {  // which holds the masked dy now: one stream in place of two
      g.dy = g.dresidual;
      g.y = nullptr;
    }
    return launch(launches, "batch_norm_data_gradient", batch_norm_data_gradient<T, Width>, rows.shape(), g, rows, by, weight, dweight,
                  dbias);
  }
}

template <bool Constant, class Args>
oct_status backward(Launches& launches, const Normalizer& by, const Args& a, void* workspace) {
  return with_pieces(a.x, {a.y.data, a.dy.data, a.dx.data, a.dresidual.data}, [&](auto type, auto width) {
    return backward<decltype(type), decltype(width)::value, Constant>(launches, by, a, static_cast<float*>(workspace));
  });
}

}  // namespace

oct_status workspace(Launches& launches, const oct_batch_norm_forward_training_args& a, size_t* bytes) {
  return partials_workspace(launches, a.x, bytes);
}

oct_status batch_norm_forward_training(Launches& launches, const oct_batch_norm_forward_training_args& a, void* workspace) {
  return with_pieces(a.x, {a.residual.data, a.y.data}, [&](auto type, auto width) {
    using T = decltype(type);
    constexpr int kWidth = decltype(width)::value;
    const NormRows rows(launches.limits(), rows_of(a.x), a.x.shape[3], kWidth);
    float* partial = static_cast<float*>(workspace);
    OCT_TRY(launch(launches, "batch_norm_statistics", batch_norm_statistics<T, kWidth>, rows.shape(), data<T>(a.x), rows, partial));
    const NormStatistics out{data<float>(a.running_mean),
                             data<float>(a.running_variance),
                             data<float>(a.saved_mean),
                             data<float>(a.saved_rstd),
                             a.norm.epsilon,
                             a.norm.momentum};
    OCT_TRY(launch(launches, "batch_norm_merge_statistics", batch_norm_merge_statistics, merge_shape(rows), partial, rows, out));
    const Normalizer by{out.saved_mean, out.saved_rstd, nullptr, a.norm.epsilon};
    return apply<T, kWidth>(launches, rows, by, a);
  });
}

OCT_NO_WORKSPACE(batch_norm_forward_inference)
oct_status batch_norm_forward_inference(Launches& launches, const oct_batch_norm_forward_inference_args& a, void*) {
  return with_pieces(a.x, {a.residual.data, a.y.data}, [&](auto type, auto width) {
    constexpr int kWidth = decltype(width)::value;
    const Normalizer by{data<float>(a.running_mean), nullptr, data<float>(a.running_variance), a.norm.epsilon};
    const NormRows rows(launches.limits(), rows_of(a.x), a.x.shape[3], kWidth);
    return apply<decltype(type), kWidth>(launches, rows, by, a);
  });
}

oct_status workspace(Launches& launches, const oct_batch_norm_backward_training_args& a, size_t* bytes) {
  return partials_workspace(launches, a.x, bytes);
}

oct_status batch_norm_backward_training(Launches& launches, const oct_batch_norm_backward_training_args& a, void* workspace) {
  const Normalizer by{data<float>(a.saved_mean), data<float>(a.saved_rstd), nullptr, a.norm.epsilon};
  return backward<false>(launches, by, a, workspace);
}

oct_status workspace(Launches& launches, const oct_batch_norm_backward_inference_args& a, size_t* bytes) {
  return partials_workspace(launches, a.x, bytes);
}

oct_status batch_norm_backward_inference(Launches& launches, const oct_batch_norm_backward_inference_args& a, void* workspace) {
  const Normalizer by{data<float>(a.running_mean), nullptr, data<float>(a.running_variance), a.norm.epsilon};
  return backward<true>(launches, by, a, workspace);
}

}  // namespace oct::cuda
