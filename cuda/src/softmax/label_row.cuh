// A row of logits with its labels, as the two losses over labels read and write it: in chunks of 16 bytes at addresses that are multiples
// of 16, whatever the row's own address; only the first and the last chunk of a row are touched element by element.
#pragma once
#include "runtime/launches.h"

namespace oct::cuda {

// What such a kernel is asked. logits and dlogits [rows, classes] (dlogits may be logits, or null); offsets i32[rows + 1]; labels
// i32[label_count]; loss f32[rows].
struct LabelLoss {
  const void* logits;
  int64_t logits_stride;  // elements between rows
  void* dlogits;
  int64_t dlogits_stride;
  const int32_t* offsets;
  const int32_t* labels;
  int64_t label_count;
  float* loss;
  int64_t rows, classes;
  float gradient_scale;
  int32_t least_labels;  // of a row
  Fault* fault;
};

// Args: of softmax_cross_entropy or sigmoid_cross_entropy.
template <class Args>
LabelLoss label_loss_of(const Launches& launches, const Args& a, int32_t least_labels) {
  return {a.logits.data,
          a.logits.stride[0],
          a.dlogits.data,
          a.dlogits.stride[0],
          data<const int32_t>(a.offsets),
          data<const int32_t>(a.labels),
          a.labels.shape[0],
          data<float>(a.loss),
          a.logits.shape[0],
          a.logits.shape[1],
          a.gradient_scale,
          least_labels,
          launches.fault()};
}

// Labels are i32, and so is what counts classes in a kernel.
inline oct_status check_classes(const Launches& launches, const char* operation, int64_t classes) {
  constexpr int64_t kMost = INT32_MAX - 16;
  if (classes <= kMost) return OCT_OK;
  return fail(launches.context(), OCT_UNSUPPORTED, "%s: V is %lld, but the kernels count to %lld", operation,
              static_cast<long long>(classes), static_cast<long long>(kMost));
}

// Elements of a chunk.
template <class T>
constexpr int kChunk = 16 / static_cast<int>(sizeof(T));

// Chunks of a row of so many classes, at most: a row begins up to kChunk - 1 elements after a multiple of 16 bytes.
template <class T>
inline int64_t most_chunks(int64_t classes) {
  return gpu::ceil_div(classes + kChunk<T> - 1, int64_t{kChunk<T>});
}

template <class T>
struct LabelRow {
  const T* x;
  T* dx;  // null: no gradient
  int32_t classes;
  int32_t lead;   // elements of chunk 0 that lie before the row
  bool together;  // the chunks of dx are aligned as those of x are
  const int32_t* labels;
  int32_t label_count;

  GPU_INLINE int32_t chunks() const { return (classes + lead + kChunk<T> - 1) / kChunk<T>; }
  GPU_INLINE bool whole(int32_t begin) const { return begin >= 0 && begin <= classes - kChunk<T>; }

  // The chunk as it lies in memory; -inf in place of what is not the row's.
  GPU_INLINE uint4 load(int32_t chunk) const {
    const int32_t begin = chunk * kChunk<T> - lead;
    if (whole(begin)) return gpu::load16(x + begin);
    uint32_t words[4];
#pragma unroll
    for (int w = 0; w < 4; ++w) {
      if constexpr (sizeof(T) == 4) {
        const int32_t c = begin + w;
        words[w] = __float_as_uint(c >= 0 && c < classes ? x[c] : -INFINITY);
      } else {
        const int32_t c = begin + 2 * w;
        const float low = c >= 0 && c < classes ? gpu::to_float(x[c]) : -INFINITY;
        const float high = c + 1 >= 0 && c + 1 < classes ? gpu::to_float(x[c + 1]) : -INFINITY;
        words[w] = __float_as_uint(low) >> 16 | (__float_as_uint(high) & 0xffff0000u);
      }
    }
    return make_uint4(words[0], words[1], words[2], words[3]);
  }

  GPU_INLINE void store(int32_t chunk, const float (&g)[kChunk<T>]) const {
    const int32_t begin = chunk * kChunk<T> - lead;
    if (together && whole(begin)) {
      if constexpr (sizeof(T) == 4) {
        gpu::store16(dx + begin, make_uint4(__float_as_uint(g[0]), __float_as_uint(g[1]), __float_as_uint(g[2]), __float_as_uint(g[3])));
      } else {
        gpu::store16(dx + begin, make_uint4(gpu::pack_bf16(g[0], g[1]), gpu::pack_bf16(g[2], g[3]), gpu::pack_bf16(g[4], g[5]),
                                            gpu::pack_bf16(g[6], g[7])));
      }
      return;
    }
#pragma unroll
    for (int e = 0; e < kChunk<T>; ++e) {
      if (begin + e >= 0 && begin + e < classes) dx[begin + e] = gpu::from_float<T>(g[e]);
    }
  }

  // One bit for each of a thread's chunks (`first`, `first + step`, ...; the 32nd after a chunk shares its bit) that may hold a label.
  GPU_INLINE uint32_t chunks_with_labels(uint32_t first, uint32_t step) const {
    uint32_t mask = 0;
    for (int32_t l = 0; l < label_count; ++l) {
      const uint32_t chunk = (static_cast<uint32_t>(labels[l]) + static_cast<uint32_t>(lead)) / kChunk<T>;
      if (chunk % step == first) mask |= 1u << (chunk / step & 31u);
    }
    return mask;
  }
};

// The values of a chunk.
template <class T>
GPU_INLINE void unpack(const uint4& raw, float (&v)[kChunk<T>]) {
  const uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
  for (int w = 0; w < 4; ++w) {
    if constexpr (sizeof(T) == 4) {
      v[w] = __uint_as_float(words[w]);
    } else {
      v[2 * w] = gpu::low_bf16(words[w]);
      v[2 * w + 1] = gpu::high_bf16(words[w]);
    }
  }
}

// Row `index`; `reports`: this thread reports offsets that break the rules. Such a row has no labels.
template <class T>
GPU_INLINE LabelRow<T> row_of(const LabelLoss& a, int64_t index, bool reports) {
  LabelRow<T> row;
  row.x = static_cast<const T*>(a.logits) + index * a.logits_stride;
  row.dx = a.dlogits == nullptr ? nullptr : static_cast<T*>(a.dlogits) + index * a.dlogits_stride;
  row.classes = static_cast<int32_t>(a.classes);
  const auto misplaced = [](const T* p) { return static_cast<int32_t>(reinterpret_cast<uintptr_t>(p) % 16 / sizeof(T)); };
  row.lead = misplaced(row.x);
  row.together = misplaced(row.dx) == row.lead;
  const int32_t begin = a.offsets[index], end = a.offsets[index + 1];
  const bool sound = begin >= 0 && (index > 0 || begin == 0) && static_cast<int64_t>(end) - begin >= a.least_labels && end <= a.label_count;
  if (!sound && reports) report(a.fault, kOffsetsBroken, index, begin, end);
  row.labels = a.labels + (sound ? begin : 0);
  row.label_count = sound ? end - begin : 0;
  return row;
}

}  // namespace oct::cuda
