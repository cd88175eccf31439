// Two sweeps over the vocabulary, a chunk of classes at a time: logits of the chunk, then what they add to each row's maximum and sum; and
// again the logits, then their gradient and its three products. 10 B D V operations in place of 6, for [B, chunk] in place of [B,V].
#include "column_sums.h"
#include "gemm/gemm.h"
#include "kernels.h"
#include "labels.h"
#include "prepare.h"
#include "softmax_block.h"

OCT_KERNEL_BEGIN

namespace {

/// Of the classes before the current chunk: the largest logit, sum of e^(logit - max), and the sum of the labels' logits.
struct RowState {
  double sum, of_labels;
  float max;
};

/// How a problem is cut, and where its scratch memory lies. A function of shapes and types; only the products' scratch depends on threads.
struct Plan {
  int64_t b, d, v, chunk;
  size_t logits, rounded, dx_sum, dx_part, states, product, bytes;  // where each begins

  Plan(const oct_context* context, oct_dtype dtype, int64_t rows, int64_t inputs, int64_t classes, int64_t wanted)
      : b(rows), d(inputs), v(classes), chunk(wanted) {
    if (chunk == 0) {
      // Logits of 1 MB stay in the L2 cache until they were read; but no narrower than what keeps the products efficient.
      chunk = (int64_t{1} << 18) / b / 64 * 64;
      if (chunk < 256) chunk = 256;
      if (chunk > v) chunk = v;
    }
    size_t end = 0;
    const auto place = [&end](int64_t elements, size_t size) {
      const size_t begin = end;
      end += (static_cast<size_t>(elements) * size + 63) / 64 * 64;
      return begin;
    };
    const bool half = dtype == OCT_BF16;
    logits = place(b * chunk, sizeof(float));
    rounded = place(half ? b * chunk : 0, sizeof(bf16));
    dx_sum = place(half ? b * d : 0, sizeof(float));
    dx_part = place(b * d, sizeof(float));
    states = place(b, sizeof(RowState));
    product = end;
    size_t most = 0;
    const int64_t widths[] = {chunk, v % chunk};
    for (const int64_t width : widths) {
      if (width == 0) continue;
      const size_t products[] = {gemm_workspace(context, Gemm::kNT, dtype, b, width, d),
                                 gemm_workspace(context, Gemm::kNN, dtype, b, d, width),
                                 gemm_workspace(context, Gemm::kTN, dtype, width, d, b)};
      for (const size_t needed : products) {
        if (needed > most) most = needed;
      }
    }
    bytes = end + most;
  }
};

/// The operands and results of one call.
template <class T>
struct Head {
  const oct_context* context;
  Plan plan;
  const T* x;
  const T* weight;
  const float* bias;
  const int32_t* offsets;
  const int32_t* labels;
  float gradient_scale;
  char* memory;

  float* logits() const { return reinterpret_cast<float*>(memory + plan.logits); }
  RowState* states() const { return reinterpret_cast<RowState*>(memory + plan.states); }
  void* scratch() const { return memory + plan.product; }
  int64_t width(int64_t first) const { return plan.v - first < plan.chunk ? plan.v - first : plan.chunk; }

  /// logits [B,width] of the classes from `first` on.
  void compute_logits(int64_t first) const {
    gemm_nt(context, plan.b, width(first), plan.d, x, plan.d, weight + first * plan.d, plan.d, bias == nullptr ? nullptr : bias + first,
            logits(), width(first), scratch());
  }

  void add_chunk(int64_t first) const {
    const int64_t classes = width(first);
    parallel_for(context, plan.b, plan.b * classes * 8, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* z = logits() + row * classes;
        RowState s = first == 0 ? RowState{0, 0, -__builtin_inff()} : states()[row];
        for (int64_t j = 0; j < classes; j += RowBlocks::kLength) {
          const BlockSum block = sum_block(z + j, classes - j < RowBlocks::kLength ? classes - j : RowBlocks::kLength);
          const float max = block.max > s.max ? block.max : s.max;
          const double shift = max == -__builtin_inff() ? 0.0 : static_cast<double>(max);  // else -inf - -inf is NaN
          const auto scaled = [shift](double sum, float at) { return sum * __builtin_exp(static_cast<double>(at) - shift); };
          // A block of -inf alone adds its sum as it is: 0, or NaN.
          s.sum = scaled(s.sum, s.max) + (block.max == -__builtin_inff() ? static_cast<double>(block.sum) : scaled(block.sum, block.max));
          s.max = max;
        }
        for (int32_t l = offsets[row]; l < offsets[row + 1]; ++l) {
          const int64_t at = labels[l] - first;
          if (at >= 0 && at < classes) s.of_labels += static_cast<double>(z[at]);
        }
        states()[row] = s;
      }
    });
  }

  void write_losses(float* loss) const {
    for (int64_t row = 0; row < plan.b; ++row) {
      const RowState& s = states()[row];
      const double mean = s.of_labels / (offsets[row + 1] - offsets[row]);
      loss[row] = s.sum == 0 ? __builtin_inff() : static_cast<float>(__builtin_log(s.sum) + (static_cast<double>(s.max) - mean));
    }
  }

  /// Gradients of the chunk's logits, rounded to T.
  const T* compute_gradients(int64_t first) const {
    const int64_t classes = width(first);
    T* const rounded = sizeof(T) == 4 ? reinterpret_cast<T*>(memory + plan.logits) : reinterpret_cast<T*>(memory + plan.rounded);
    parallel_for(context, plan.b, plan.b * classes * 8, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        float* z = logits() + row * classes;
        const RowState& s = states()[row];
        const float factor = static_cast<float>(static_cast<double>(gradient_scale) / s.sum);
        const float share = gradient_scale / static_cast<float>(offsets[row + 1] - offsets[row]);
        int64_t j = 0;
        for (; j + kLanes <= classes; j += kLanes) store(z + j, exp_of_nonpositive(load(z + j) - s.max) * factor);
        if (j < classes) store_first(z + j, classes - j, exp_of_nonpositive(load_first(z + j, classes - j, s.max) - s.max) * factor);
        for (int32_t l = offsets[row]; l < offsets[row + 1]; ++l) {
          const int64_t at = labels[l] - first;
          if (at >= 0 && at < classes) z[at] -= share;
        }
        if constexpr (sizeof(T) == 2) {
          T* out = rounded + row * classes;
          for (j = 0; j + kLanes <= classes; j += kLanes) store(out + j, load(z + j));
          for (; j < classes; ++j) assign(out + j, z[j]);
        }
      }
    });
    return rounded;
  }

  /// dx_sum [B,D] += gradients of the chunk times its weights.
  void add_to_dx(int64_t first, const T* gradients, float* dx_sum) const {
    float* const part = first == 0 ? dx_sum : reinterpret_cast<float*>(memory + plan.dx_part);
    gemm_nn(context, plan.b, plan.d, width(first), gradients, width(first), weight + first * plan.d, plan.d, part, plan.d, scratch());
    if (first == 0) return;
    parallel_for(context, plan.b, plan.b * plan.d, [&](int64_t begin, int64_t end) {
      int64_t i = begin * plan.d;
      for (; i + kLanes <= end * plan.d; i += kLanes) store(dx_sum + i, load(dx_sum + i) + load(part + i));
      for (; i < end * plan.d; ++i) dx_sum[i] += part[i];
    });
  }

  void run(float* loss, T* dx, float* dweight, float* dbias) const {
    for (int64_t first = 0; first < plan.v; first += plan.chunk) {
      compute_logits(first);
      add_chunk(first);
    }
    write_losses(loss);
    if (dx == nullptr && dweight == nullptr && dbias == nullptr) return;
    float* const dx_sum = sizeof(T) == 4 ? reinterpret_cast<float*>(dx) : reinterpret_cast<float*>(memory + plan.dx_sum);
    for (int64_t first = 0; first < plan.v; first += plan.chunk) {
      if (plan.chunk < plan.v) compute_logits(first);  // a single chunk is still there
      const T* gradients = compute_gradients(first);
      if (dx != nullptr) add_to_dx(first, gradients, dx_sum);
      if (dweight != nullptr) {
        gemm_tn(context, width(first), plan.d, plan.b, gradients, width(first), x, plan.d, dweight + first * plan.d, plan.d, scratch());
      }
      if (dbias != nullptr) sum_columns(context, plan.b, width(first), gradients, dbias + first);
    }
    if constexpr (sizeof(T) == 2) {
      if (dx == nullptr) return;
      const int64_t count = plan.b * plan.d;
      int64_t i = 0;
      for (; i + kLanes <= count; i += kLanes) store(dx + i, load(dx_sum + i));
      for (; i < count; ++i) assign(dx + i, dx_sum[i]);
    }
  }
};

template <class T>
oct_status run(oct_call* call) {
  const auto& a = args<oct_linear_softmax_cross_entropy_args>(call);
  const oct_status status = check_labels("linear_softmax_cross_entropy", a.offsets, a.labels, a.weight.shape[0], 1);
  if (status != OCT_OK) return status;
  const Head<T> head{call->context,
                     plan_of<Plan>(call),
                     data<const T>(a.x),
                     data<const T>(a.weight),
                     data<const float>(a.bias),
                     data<const int32_t>(a.offsets),
                     data<const int32_t>(a.labels),
                     a.gradient_scale,
                     static_cast<char*>(call->workspace)};
  head.run(data<float>(a.loss), data<T>(a.dx), data<float>(a.dweight), data<float>(a.dbias));
  return OCT_OK;
}

}  // namespace

oct_status linear_softmax_cross_entropy(oct_call* call) {
  const auto& a = args<oct_linear_softmax_cross_entropy_args>(call);
  const Plan plan(call->context, a.x.dtype, a.x.shape[0], a.x.shape[1], a.weight.shape[0], a.chunk);
  call->workspace_bytes = plan.bytes;
  const oct_status status = keep_plan(call, plan);
  return status != OCT_OK ? status : OCT_RUNS(call, a.x.dtype, run);
}

OCT_KERNEL_END
