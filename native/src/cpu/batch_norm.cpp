// Batch normalization over the rows of x [M,C], M = N H W. Bound by memory: forward 2 reads and 1 write of x (+ residual), backward two
// passes over x, dy (and y, with ReLU).
//
// Sums over M go in chunks of rows that depend on the shape alone; a chunk's partial sums are F32, the chunks are merged in ascending
// order in F64. So the number of threads changes nothing.
#include "integers.h"
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {

// Channels whose values stay on one thread's stack, 8 KB per array. Rows of networks are not longer: a row cut in two would
// be read in two sweeps, which halves what the prefetcher delivers.
constexpr int64_t kBlock = 2048;
// Channels merged by one thread at a time.
constexpr int64_t kMergeBlock = 64;

struct Chunks {
  int64_t rows, channels;  // M, C
  int64_t chunk_rows;      // about 32,768 elements: twice through L2 costs no second read of memory; at most 1,024 terms a partial sum
  int64_t count;

  explicit Chunks(const oct_tensor& x) : rows(x.shape[0] * x.shape[1] * x.shape[2]), channels(x.shape[3]) {
    chunk_rows = 32768 / channels;
    if (chunk_rows < 16) chunk_rows = 16;
    if (chunk_rows > 1024) chunk_rows = 1024;
    count = (rows + chunk_rows - 1) / chunk_rows;
  }
  int64_t begin(int64_t chunk) const { return chunk * chunk_rows; }
  int64_t end(int64_t chunk) const { return (chunk + 1) * chunk_rows < rows ? (chunk + 1) * chunk_rows : rows; }
  int64_t elements() const { return rows * channels; }
  // Three values per channel and chunk.
  int64_t partials() const { return count * channels; }
  size_t workspace_bytes() const { return static_cast<size_t>(partials()) * 3 * sizeof(float); }
};

// Mean and sum of squared deviations of each channel over the rows of one chunk: the mean first, then the deviations from it, the
// chunk still being in L2. The second pass also sums the deviations, which corrects both for the rounding of that mean. The correction
// stays apart: added to a mean far above the deviation it would be rounded away, and the distance between chunks with it.
template <class T>
void chunk_statistics(const T* x, int64_t rows, int64_t channels, float* mean_out, float* correction_out, float* squares_out) {
  const float inverse = 1.0f / static_cast<float>(rows);
  for (int64_t first = 0; first < channels; first += kBlock) {
    const int64_t width = min_of(kBlock, channels - first);
    const T* from = x + first;
    alignas(64) float mean[kBlock], residue[kBlock], squares[kBlock];
    for_lanes(0, width, [&](auto lane, int64_t c) {
      using L = decltype(lane);
      L::put(mean + c, L::all(0));
      L::put(residue + c, L::all(0));
      L::put(squares + c, L::all(0));
    });
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      const T* p = from + r * channels;
      for_lanes(0, width, [&](auto lane, int64_t c) {
        using L = decltype(lane);
        const auto low = L::get(p + c) + L::get(p + channels + c), high = L::get(p + 2 * channels + c) + L::get(p + 3 * channels + c);
        L::put(mean + c, L::get(mean + c) + (low + high));
      });
    }
    for (; r < rows; ++r) {
      const T* p = from + r * channels;
      for_lanes(0, width, [&](auto lane, int64_t c) {
        using L = decltype(lane);
        L::put(mean + c, L::get(mean + c) + L::get(p + c));
      });
    }
    for_lanes(0, width, [&](auto lane, int64_t c) {
      using L = decltype(lane);
      L::put(mean + c, L::get(mean + c) * L::all(inverse));
    });
    for (r = 0; r + 2 <= rows; r += 2) {
      const T* p = from + r * channels;
      for_lanes(0, width, [&](auto lane, int64_t c) {
        using L = decltype(lane);
        const auto middle = L::get(mean + c);
        const auto a = L::get(p + c) - middle, b = L::get(p + channels + c) - middle;
        L::put(residue + c, L::get(residue + c) + (a + b));
        L::put(squares + c, L::get(squares + c) + (a * a + b * b));
      });
    }
    for (; r < rows; ++r) {
      const T* p = from + r * channels;
      for_lanes(0, width, [&](auto lane, int64_t c) {
        using L = decltype(lane);
        const auto a = L::get(p + c) - L::get(mean + c);
        L::put(residue + c, L::get(residue + c) + a);
        L::put(squares + c, L::get(squares + c) + a * a);
      });
    }
    for_lanes(0, width, [&](auto lane, int64_t c) {
      using L = decltype(lane);
      const auto correction = L::get(residue + c) * L::all(inverse);
      L::put(mean_out + first + c, L::get(mean + c));
      L::put(correction_out + first + c, correction);
      L::put(squares_out + first + c, L::get(squares + c) - L::get(residue + c) * correction);
    });
  }
}

struct Statistics {
  float *running_mean, *running_variance;  // both or none null
  float *saved_mean, *saved_rstd;
  float epsilon, momentum;
};

// Merges the chunks' means and squares (Chan, Golub & LeVeque 1979), in F64.
void merge_statistics(const oct_context* context, const Chunks& chunks, const float* partial, const Statistics& out) {
  const int64_t channels = chunks.channels, blocks = (channels + kMergeBlock - 1) / kMergeBlock;
  const float *means = partial, *corrections = means + chunks.partials(), *squares = corrections + chunks.partials();
  const double rows = static_cast<double>(chunks.rows);
  parallel_for(context, blocks, chunks.partials() * 6, [=, &chunks](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kMergeBlock, width = min_of(kMergeBlock, channels - first);
      double mean[kMergeBlock] = {}, sum[kMergeBlock] = {};
      for (int64_t i = 0; i < chunks.count; ++i) {
        const double n = static_cast<double>(chunks.end(i) - chunks.begin(i));
        const float *p = means + i * channels + first, *q = corrections + i * channels + first;
        for (int64_t c = 0; c < width; ++c) mean[c] += n * (static_cast<double>(p[c]) + static_cast<double>(q[c]));
      }
      for (int64_t c = 0; c < width; ++c) mean[c] /= rows;
      for (int64_t i = 0; i < chunks.count; ++i) {
        const double n = static_cast<double>(chunks.end(i) - chunks.begin(i));
        const float *p = means + i * channels + first, *q = corrections + i * channels + first, *s = squares + i * channels + first;
        for (int64_t c = 0; c < width; ++c) {
          const double off = static_cast<double>(p[c]) + static_cast<double>(q[c]) - mean[c];
          sum[c] += static_cast<double>(s[c]) + n * off * off;
        }
      }
      for (int64_t c = 0; c < width; ++c) {
        const int64_t at = first + c;
        const double variance = sum[c] < 0 ? 0 : sum[c] / rows;  // rounding of the squares of equal values; NaN stays
        out.saved_mean[at] = static_cast<float>(mean[c]);
        out.saved_rstd[at] = static_cast<float>(1.0 / __builtin_sqrt(variance + static_cast<double>(out.epsilon)));
        if (out.running_mean != nullptr) {
          const double keep = 1.0 - static_cast<double>(out.momentum), take = static_cast<double>(out.momentum);
          out.running_mean[at] = static_cast<float>(keep * static_cast<double>(out.running_mean[at]) + take * mean[c]);
          const double unbiased = variance * (rows / (rows - 1));
          out.running_variance[at] = static_cast<float>(keep * static_cast<double>(out.running_variance[at]) + take * unbiased);
        }
      }
    }
  });
}

// What one channel is normalized with: 1 / deviation is `rstd`, or 1 / sqrt(variance + epsilon) where rstd is null.
struct Normalizer {
  const float *mean, *rstd, *variance;
  float epsilon;
  float deviation_inverse(int64_t c) const {
    return rstd != nullptr ? rstd[c]
                           : static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(variance[c]) + static_cast<double>(epsilon)));
  }
};

// y = relu?((x - mean) scale + bias + residual). The mean is subtracted first: folded into the bias it would cost the digits that
// |mean| / deviation takes.
template <class T, bool kRelu, bool kResidual>
void apply(const oct_context* context, const Chunks& chunks, const Normalizer& by, const T* x, const float* weight, const float* bias,
           const T* residual, T* y) {
  const int64_t channels = chunks.channels;
  parallel_for(context, chunks.rows, chunks.elements(), [=](int64_t begin, int64_t end) {
    alignas(64) float scale[kBlock];
    for (int64_t first = 0; first < channels; first += kBlock) {
      const int64_t width = min_of(kBlock, channels - first);
      for (int64_t c = 0; c < width; ++c) scale[c] = weight[first + c] * by.deviation_inverse(first + c);
      const float *mean = by.mean + first, *shift = bias + first;
      for (int64_t r = begin; r < end; ++r) {
        const int64_t row = r * channels + first;
        for_lanes(0, width, [=, &scale](auto lane, int64_t c) {
          using L = decltype(lane);
          auto value = (L::get(x + row + c) - L::get(mean + c)) * L::get(scale + c) + L::get(shift + c);
          if constexpr (kResidual) value = value + L::get(residual + row + c);
          if constexpr (kRelu) value = L::choose(value < 0.0f, L::all(0), value);
          L::put(y + row + c, value);
        });
      }
    }
  });
}

template <class T>
void apply_any(const oct_context* context, const oct_batch_norm& bn, const Chunks& chunks, const Normalizer& by, const T* x,
               const float* weight, const float* bias, const T* residual, T* y) {
  const auto run = bn.relu != 0 ? (residual != nullptr ? apply<T, true, true> : apply<T, true, false>)
                                : (residual != nullptr ? apply<T, false, true> : apply<T, false, false>);
  run(context, chunks, by, x, weight, bias, residual, y);
}

template <class T>
struct Gradients {
  const T *x, *y, *dy;  // y is null without ReLU
  T *dx, *dresidual;    // dresidual may be null
};

// Sums of dy and of dy (x - mean) over the rows [begin, end) of one chunk, dy masked where y <= 0; writes dresidual.
template <class T, bool kRelu, bool kResidual>
void chunk_gradients(const Gradients<T>& tensors, const float* mean_in, int64_t begin, int64_t end, int64_t channels, float* bias_out,
                     float* weight_out) {
  const Gradients<T> g = tensors;
  for (int64_t first = 0; first < channels; first += kBlock) {
    const int64_t width = min_of(kBlock, channels - first);
    const float* mean = mean_in + first;
    alignas(64) float plain[kBlock], weighted[kBlock];
    for_lanes(0, width, [&](auto lane, int64_t c) {
      using L = decltype(lane);
      L::put(plain + c, L::all(0));
      L::put(weighted + c, L::all(0));
    });
    const auto masked = [=](auto lane, int64_t i) {
      using L = decltype(lane);
      auto dy = L::get(g.dy + i);
      if constexpr (kRelu) dy = L::choose(L::get(g.y + i) > 0.0f, dy, L::all(0));
      return dy;
    };
    int64_t r = begin;
    for (; r + 2 <= end; r += 2) {
      const int64_t row = r * channels + first;
      for_lanes(0, width, [&](auto lane, int64_t c) {
        using L = decltype(lane);
        const int64_t i = row + c, j = i + channels;
        const auto middle = L::get(mean + c), a = masked(lane, i), b = masked(lane, j);
        L::put(plain + c, L::get(plain + c) + (a + b));
        L::put(weighted + c, L::get(weighted + c) + (a * (L::get(g.x + i) - middle) + b * (L::get(g.x + j) - middle)));
        if constexpr (kResidual) {
          L::put(g.dresidual + i, a);
          L::put(g.dresidual + j, b);
        }
      });
    }
    for (; r < end; ++r) {
      const int64_t row = r * channels + first;
      for_lanes(0, width, [&](auto lane, int64_t c) {
        using L = decltype(lane);
        const int64_t i = row + c;
        const auto a = masked(lane, i);
        L::put(plain + c, L::get(plain + c) + a);
        L::put(weighted + c, L::get(weighted + c) + a * (L::get(g.x + i) - L::get(mean + c)));
        if constexpr (kResidual) L::put(g.dresidual + i, a);
      });
    }
    for_lanes(0, width, [&](auto lane, int64_t c) {
      using L = decltype(lane);
      L::put(bias_out + first + c, L::get(plain + c));
      L::put(weight_out + first + c, L::get(weighted + c));
    });
  }
}

// dbias = sum of dy, dweight = rstd times the sum of dy (x - mean), merged in F64.
void merge_gradients(const oct_context* context, const Chunks& chunks, const Normalizer& by, const float* partial, float* dweight,
                     float* dbias) {
  const int64_t channels = chunks.channels, blocks = (channels + kMergeBlock - 1) / kMergeBlock;
  const float *plain = partial, *weighted = partial + chunks.partials();
  parallel_for(context, blocks, chunks.partials() * 2, [=, &chunks](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kMergeBlock, width = min_of(kMergeBlock, channels - first);
      double bias[kMergeBlock] = {}, weight[kMergeBlock] = {};
      for (int64_t i = 0; i < chunks.count; ++i) {
        const float *p = plain + i * channels + first, *w = weighted + i * channels + first;
        for (int64_t c = 0; c < width; ++c) {
          bias[c] += static_cast<double>(p[c]);
          weight[c] += static_cast<double>(w[c]);
        }
      }
      for (int64_t c = 0; c < width; ++c) {
        dbias[first + c] = static_cast<float>(bias[c]);
        dweight[first + c] = static_cast<float>(weight[c] * static_cast<double>(by.deviation_inverse(first + c)));
      }
    }
  });
}

// dx = weight rstd (dy - dbias / M - (x - mean) rstd dweight / M); without the last two terms where the statistics are constants.
template <class T, bool kRelu, bool kConstant>
void data_gradients(const oct_context* context, const Chunks& chunks, const Normalizer& by, const float* weight, const float* dweight,
                    const float* dbias, const Gradients<T>& tensors) {
  const Gradients<T> g = tensors;
  const int64_t channels = chunks.channels;
  const float inverse = 1.0f / static_cast<float>(chunks.rows);
  parallel_for(context, chunks.rows, chunks.elements(), [=](int64_t begin, int64_t end) {
    alignas(64) float scale[kBlock], offset[kBlock], slope[kBlock];
    for (int64_t first = 0; first < channels; first += kBlock) {
      const int64_t width = min_of(kBlock, channels - first);
      for (int64_t c = 0; c < width; ++c) {
        const float rstd = by.deviation_inverse(first + c);
        scale[c] = weight[first + c] * rstd;
        offset[c] = dbias[first + c] * inverse;
        slope[c] = dweight[first + c] * inverse * rstd;
      }
      const float* mean = by.mean + first;
      for (int64_t r = begin; r < end; ++r) {
        const int64_t row = r * channels + first;
        for_lanes(0, width, [=, &scale, &offset, &slope](auto lane, int64_t c) {
          using L = decltype(lane);
          const int64_t i = row + c;
          auto value = L::get(g.dy + i);
          if constexpr (kRelu) value = L::choose(L::get(g.y + i) > 0.0f, value, L::all(0));
          if constexpr (!kConstant) {
            const auto deviation = L::get(g.x + i) - L::get(mean + c);
            value = (value - L::get(offset + c)) - deviation * L::get(slope + c);
          }
          L::put(g.dx + i, value * L::get(scale + c));
        });
      }
    }
  });
}

template <class T>
void backward(const oct_context* context, const Chunks& chunks, const Normalizer& by, bool constant, const float* weight, float* dweight,
              float* dbias, float* partial, Gradients<T> g) {
  const bool relu = g.y != nullptr;
  const bool residual = g.dresidual != nullptr && (relu || g.dresidual != g.dy);  // without ReLU an aliased dresidual is done
  const auto sums = relu ? (residual ? chunk_gradients<T, true, true> : chunk_gradients<T, true, false>)
                         : (residual ? chunk_gradients<T, false, true> : chunk_gradients<T, false, false>);
  float *plain = partial, *weighted = partial + chunks.partials();
  parallel_for(context, chunks.count, chunks.elements(), [=, &chunks](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      sums(g, by.mean, chunks.begin(i), chunks.end(i), chunks.channels, plain + i * chunks.channels, weighted + i * chunks.channels);
    }
  });
  merge_gradients(context, chunks, by, partial, dweight, dbias);
  // dresidual holds the masked dy now: read it in place of dy and y.
  const bool masked = relu && residual;
  if (masked) g.dy = g.dresidual;
  const auto run = relu && !masked ? (constant ? data_gradients<T, true, true> : data_gradients<T, true, false>)
                                   : (constant ? data_gradients<T, false, true> : data_gradients<T, false, false>);
  run(context, chunks, by, weight, dweight, dbias, g);
}

template <class T>
oct_status forward_training(oct_call* call) {
  const auto& a = args<oct_batch_norm_forward_training_args>(call);
  const Chunks& chunks = plan_of<Chunks>(call);
  float* partial = static_cast<float*>(call->workspace);
  float *corrections = partial + chunks.partials(), *squares = corrections + chunks.partials();
  const T* x = data<T>(a.x);
  float *mean = data<float>(a.saved_mean), *rstd = data<float>(a.saved_rstd);
  parallel_for(call->context, chunks.count, chunks.elements() * 2, [=, &chunks](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      chunk_statistics(x + chunks.begin(i) * chunks.channels, chunks.end(i) - chunks.begin(i), chunks.channels,
                       partial + i * chunks.channels, corrections + i * chunks.channels, squares + i * chunks.channels);
    }
  });
  merge_statistics(call->context, chunks, partial,
                   {data<float>(a.running_mean), data<float>(a.running_variance), mean, rstd, a.norm.epsilon, a.norm.momentum});
  apply_any<T>(call->context, a.norm, chunks, {mean, rstd, nullptr, a.norm.epsilon}, x, data<float>(a.weight), data<float>(a.bias),
               data<T>(a.residual), data<T>(a.y));
  return OCT_OK;
}

template <class T>
oct_status forward_inference(oct_call* call) {
  const auto& a = args<oct_batch_norm_forward_inference_args>(call);
  apply_any<T>(call->context, a.norm, plan_of<Chunks>(call),
               {data<float>(a.running_mean), nullptr, data<float>(a.running_variance), a.norm.epsilon}, data<T>(a.x), data<float>(a.weight),
               data<float>(a.bias), data<T>(a.residual), data<T>(a.y));
  return OCT_OK;
}

template <class T, class Args>
oct_status backward_by(oct_call* call, const Args& a, const Normalizer& by, bool constant) {
  backward<T>(call->context, plan_of<Chunks>(call), by, constant, data<float>(a.weight), data<float>(a.dweight), data<float>(a.dbias),
              static_cast<float*>(call->workspace), {data<T>(a.x), data<T>(a.y), data<T>(a.dy), data<T>(a.dx), data<T>(a.dresidual)});
  return OCT_OK;
}

template <class T>
oct_status backward_training(oct_call* call) {
  const auto& a = args<oct_batch_norm_backward_training_args>(call);
  return backward_by<T>(call, a, {data<float>(a.saved_mean), data<float>(a.saved_rstd), nullptr, a.norm.epsilon}, false);
}

template <class T>
oct_status backward_inference(oct_call* call) {
  const auto& a = args<oct_batch_norm_backward_inference_args>(call);
  return backward_by<T>(call, a, {data<float>(a.running_mean), nullptr, data<float>(a.running_variance), a.norm.epsilon}, true);
}

oct_status prepare(oct_call* call, const oct_tensor& x, bool reduces, Run f32, Run half) {
  const Chunks chunks(x);
  if (reduces) call->workspace_bytes = chunks.workspace_bytes();
  const oct_status status = keep_plan(call, chunks);
  return status != OCT_OK ? status : runs(call, x.dtype, f32, half);
}

}  // namespace

oct_status batch_norm_forward_training(oct_call* call) {
  return prepare(call, args<oct_batch_norm_forward_training_args>(call).x, true, forward_training<float>, forward_training<bf16>);
}

oct_status batch_norm_forward_inference(oct_call* call) {
  return prepare(call, args<oct_batch_norm_forward_inference_args>(call).x, false, forward_inference<float>, forward_inference<bf16>);
}

oct_status batch_norm_backward_training(oct_call* call) {
  return prepare(call, args<oct_batch_norm_backward_training_args>(call).x, true, backward_training<float>, backward_training<bf16>);
}

oct_status batch_norm_backward_inference(oct_call* call) {
  return prepare(call, args<oct_batch_norm_backward_inference_args>(call).x, true, backward_inference<float>, backward_inference<bf16>);
}

OCT_KERNEL_END
