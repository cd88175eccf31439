// A row is read twice and written once: bound by memory, if the second read comes from the cache. First the largest logit and the sum of
// exponentials of every block of 4096 classes, which stays in L1 meanwhile; then the row's loss from the blocks'; then the gradient, which
// computes the exponentials anew rather than store and load them.
#include "kernels.h"
#include "labels.h"
#include "parallel.h"
#include "prepare.h"
#include "softmax_block.h"

OCT_KERNEL_BEGIN

namespace {

/// One row of the batch.
template <class T>
struct Row {
  const T* x;
  T* dx;  // may be x, or null
  int64_t classes;
  const int32_t* labels;
  int64_t label_count;
  float gradient_scale;

  /// Writes the gradient of the classes [begin, end): e^(logit - max) * factor, less the row's share on each of its labels. BF16 is rounded
  /// once, after that.
  void write_gradient(int64_t begin, int64_t end, float max, float factor) const {
    constexpr int64_t kPiece = RowBlocks::kLength;
    const float share = gradient_scale / static_cast<float>(label_count);
    for (int64_t piece = begin; piece < end; piece += kPiece) {
      const int64_t count = end - piece < kPiece ? end - piece : kPiece;
      float buffer[kPiece];
      float* out = buffer;
      if constexpr (sizeof(T) == 4) out = dx + piece;
      int64_t i = 0;
      for (; i + kLanes <= count; i += kLanes) store(out + i, exp_of_nonpositive(load(x + piece + i) - max) * factor);
      if (i < count) store_first(out + i, count - i, exp_of_nonpositive(load_first(x + piece + i, count - i, max) - max) * factor);
      for (int64_t l = 0; l < label_count; ++l) {
        if (labels[l] >= piece && labels[l] < piece + count) out[labels[l] - piece] -= share;
      }
      if constexpr (sizeof(T) == 2) {
        for (i = 0; i + kLanes <= count; i += kLanes) store(dx + piece + i, load(buffer + i));
        for (; i < count; ++i) assign(dx + piece + i, buffer[i]);
      }
    }
  }

  /// The loss in nats; max and sum receive those of the whole row.
  float loss_of(const BlockSum* blocks, int64_t block_count, float* max, double* sum) const {
    float m = blocks[0].max;
    for (int64_t i = 1; i < block_count; ++i) m = blocks[i].max > m ? blocks[i].max : m;
    double s = 0;
    for (int64_t i = 0; i < block_count; ++i) {
      const bool shifted = blocks[i].max != m;
      // A block of -inf alone adds its sum as it is: 0, or NaN.
      const bool empty = blocks[i].max == -__builtin_inff();
      s += blocks[i].sum * (shifted && !empty ? __builtin_exp(static_cast<double>(blocks[i].max) - m) : 1.0);
    }
    *max = m;
    *sum = s;
    if (s == 0) return __builtin_inff();  // every logit is -inf, and so is a label's
    double below = 0;                     // how far the labels' logits lie below the largest, on average
    for (int64_t l = 0; l < label_count; ++l) below += static_cast<double>(m) - static_cast<double>(to_float(x[labels[l]]));
    return static_cast<float>(__builtin_log(s) + below / static_cast<double>(label_count));
  }

  /// Does the row; `context` null: on the calling thread alone.
  float run(const oct_context* context) const {
    const RowBlocks blocks(classes);
    BlockSum sums[RowBlocks::kMost];
    sums[0] = {};  // there is always one; the compiler does not know
    const auto end_of = [&](int64_t block) { return block * blocks.length < classes ? block * blocks.length : classes; };
    const auto sum_blocks = [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) sums[i] = sum_block(x + end_of(i), end_of(i + 1) - end_of(i));
    };
    float max;
    double sum;
    if (context == nullptr) {
      sum_blocks(0, blocks.count);
    } else {
      parallel_for(context, blocks.count, classes * 8, sum_blocks);
    }
    const float loss = loss_of(sums, blocks.count, &max, &sum);
    if (dx == nullptr) return loss;
    const float factor = static_cast<float>(static_cast<double>(gradient_scale) / sum);
    const auto write = [&](int64_t first, int64_t last) { write_gradient(end_of(first), end_of(last), max, factor); };
    if (context == nullptr) {
      write(0, blocks.count);
    } else {
      parallel_for(context, blocks.count, classes * 8, write);
    }
    return loss;
  }
};

template <class T>
oct_status run(oct_call* call) {
  const auto& a = args<oct_softmax_cross_entropy_args>(call);
  const oct_status status = check_labels("softmax_cross_entropy", a.offsets, a.labels, a.logits.shape[1], 1);
  if (status != OCT_OK) return status;
  const int64_t rows = a.logits.shape[0], classes = a.logits.shape[1];
  const int32_t *offset = data<int32_t>(a.offsets), *labels = data<int32_t>(a.labels);
  T *logits = data<T>(a.logits), *dlogits = data<T>(a.dlogits);
  float* loss = data<float>(a.loss);
  const auto run_row = [&](int64_t b, const oct_context* team) {
    const Row<T> row{logits + b * a.logits.stride[0],
                     dlogits == nullptr ? nullptr : dlogits + b * a.dlogits.stride[0],
                     classes,
                     labels + offset[b],
                     offset[b + 1] - offset[b],
                     a.gradient_scale};
    loss[b] = row.run(team);
  };
  for_each_row(call->context, rows, classes, run_row);
  return OCT_OK;
}

}  // namespace

oct_status softmax_cross_entropy(oct_call* call) { return OCT_RUNS(call, args<oct_softmax_cross_entropy_args>(call).logits.dtype, run); }

OCT_KERNEL_END
