// A label's term softplus(x) - x is softplus(-x), and its gradient sigmoid(x) - 1 is -sigmoid(-x). So the labels' logits are negated in a
// copy of each piece of 4096 classes, which lies in L1, and nothing is ever a difference of large numbers.
#include "kernels.h"
#include "labels.h"
#include "prepare.h"
#include "vector_math.h"

OCT_KERNEL_BEGIN

namespace {

constexpr int64_t kPiece = RowBlocks::kLength;

/// A piece's classes that are labels of the row, one bit each.
struct LabelSet {
  uint64_t bits[kPiece / 64] = {};

  /// Adds a class of the piece; false if it was there.
  bool add(int64_t index) {
    const uint64_t bit = uint64_t{1} << (index % 64);
    const bool is_new = (bits[index / 64] & bit) == 0;
    bits[index / 64] |= bit;
    return is_new;
  }
  /// Takes a class of the piece out; false if it was not there.
  bool remove(int64_t index) {
    const uint64_t bit = uint64_t{1} << (index % 64);
    const bool was_there = (bits[index / 64] & bit) != 0;
    bits[index / 64] &= ~bit;
    return was_there;
  }
};

/// One row of the batch.
template <class T>
struct Row {
  const T* x;
  T* dx;  // may be x, or null
  int64_t classes;
  const int32_t* labels;
  int64_t label_count;
  float gradient_scale;

  /// Loss of the classes [begin, begin + count), count <= kPiece; writes their gradient.
  double run_piece(int64_t begin, int64_t count) const {
    constexpr float kNegativeInfinity = -__builtin_inff();
    // Filled up to a whole vector with -inf, whose loss is 0.
    alignas(64) float z[kPiece];
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) store(z + i, load(x + begin + i));
    if (i < count) store(z + i, load_first(x + begin + i, count - i, kNegativeInfinity));
    LabelSet set;
    for (int64_t l = 0; l < label_count; ++l) {
      const int64_t index = labels[l] - begin;
      if (index >= 0 && index < count && set.add(index)) z[index] = -z[index];
    }
    vf sum[2]{};
    int lane = 0;
    for (i = 0; i < count; i += kLanes, lane ^= 1) {
      const vf v = load(z + i);
      const vf magnitude = select(v < 0.0f, -v, v);
      const vf e = exp_of_nonpositive(-magnitude);
      sum[lane] += log1p_of_fraction(e) + select(v < 0.0f, vf{}, v);
      const vf positive = 1.0f / (e + 1.0f);  // sigmoid(|v|)
      store(z + i, select(v < 0.0f, e * positive, positive) * gradient_scale);
    }
    if (dx != nullptr) {
      for (int64_t l = 0; l < label_count; ++l) {
        const int64_t index = labels[l] - begin;
        if (index >= 0 && index < count && set.remove(index)) z[index] = -z[index];
      }
      for (i = 0; i + kLanes <= count; i += kLanes) store(dx + begin + i, load(z + i));
      for (; i < count; ++i) assign(dx + begin + i, z[i]);
    }
    return static_cast<double>(sum_of_lanes(sum[0] + sum[1]));
  }

  /// Does the row; `context` null: on the calling thread alone.
  float run(const oct_context* context) const {
    const RowBlocks blocks(classes);
    double sums[RowBlocks::kMost];
    const auto run_blocks = [&](int64_t first, int64_t last) {
      for (int64_t block = first; block < last; ++block) {
        const int64_t end = (block + 1) * blocks.length < classes ? (block + 1) * blocks.length : classes;
        sums[block] = 0;
        for (int64_t piece = block * blocks.length; piece < end; piece += kPiece) {
          sums[block] += run_piece(piece, end - piece < kPiece ? end - piece : kPiece);
        }
      }
    };
    if (context == nullptr) {
      run_blocks(0, blocks.count);
    } else {
      parallel_for(context, blocks.count, classes * 8, run_blocks);
    }
    double loss = 0;
    for (int64_t i = 0; i < blocks.count; ++i) loss += sums[i];
    return static_cast<float>(loss);
  }
};

template <class T>
oct_status run(oct_call* call) {
  const auto& a = args<oct_sigmoid_cross_entropy_args>(call);
  const oct_status status = check_labels("sigmoid_cross_entropy", a.offsets, a.labels, a.logits.shape[1], 0);
  if (status != OCT_OK) return status;
  const int32_t *offset = data<int32_t>(a.offsets), *labels = data<int32_t>(a.labels);
  T *logits = data<T>(a.logits), *dlogits = data<T>(a.dlogits);
  float* loss = data<float>(a.loss);
  for_each_row(call->context, a.logits.shape[0], a.logits.shape[1], [&](int64_t b, const oct_context* team) {
    const Row<T> row{logits + b * a.logits.stride[0],
                     dlogits == nullptr ? nullptr : dlogits + b * a.dlogits.stride[0],
                     a.logits.shape[1],
                     labels + offset[b],
                     offset[b + 1] - offset[b],
                     a.gradient_scale};
    loss[b] = row.run(team);
  });
  return OCT_OK;
}

}  // namespace

oct_status sigmoid_cross_entropy(oct_call* call) { return OCT_RUNS(call, args<oct_sigmoid_cross_entropy_args>(call).logits.dtype, run); }

OCT_KERNEL_END
