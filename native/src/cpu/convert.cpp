// Conversions between element types, and pixels to the network's input. Bound by memory, 2 streams.
#include "bytes.h"
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"

OCT_KERNEL_BEGIN

namespace {

constexpr int64_t kMaxChannels = 4;

template <class From, class To>
void convert_all(const oct_context* context, const From* x, To* y, int64_t n) {
  parallel_for(context, n, n, [=](int64_t begin, int64_t end) {
    for_lanes(begin, end, [=](auto lane, int64_t i) {
      using L = decltype(lane);
      L::put(y + i, L::get(x + i));
    });
  });
}

// y = x scale + shift, where scale and shift repeat every C values, so every C vectors: one tile.
struct Pattern {
  alignas(64) float scale[kMaxChannels * kLanes];
  alignas(64) float shift[kMaxChannels * kLanes];

  Pattern(const float* mean, const float* deviation, int64_t channels) {
    for (int64_t i = 0; i < channels * kLanes; ++i) {
      const double divisor = static_cast<double>(deviation[i % channels]);
      scale[i] = static_cast<float>(1 / (255 * divisor));
      shift[i] = static_cast<float>(-static_cast<double>(mean[i % channels]) / divisor);
    }
  }
};

template <class T>
void normalize(const oct_context* context, const uint8_t* x, T* y, int64_t n, int64_t channels, const Pattern& pattern) {
  const int64_t tile = channels * kLanes, tiles = (n + tile - 1) / tile;
  const Pattern* repeated = &pattern;
  parallel_for(context, tiles, n, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const uint8_t* from = x + t * tile;
      T* to = y + t * tile;
      if ((t + 1) * tile <= n) {
        for (int64_t i = 0; i < tile; i += kLanes) {
          const vf pixels = __builtin_convertvector(widen_bytes(from + i), vf);
          store(to + i, pixels * load(repeated->scale + i) + load(repeated->shift + i));
        }
      } else {
        for (int64_t i = 0; i < n - t * tile; ++i) {
          assign(to + i, static_cast<float>(from[i]) * repeated->scale[i] + repeated->shift[i]);
        }
      }
    }
  });
}

}  // namespace

oct_status convert(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  int64_t n = 1;
  for (int32_t i = 0; i < x->rank; ++i) n *= x->shape[i];
  if (x->dtype == OCT_F32 && y->dtype == OCT_BF16) {
    convert_all(context, static_cast<const float*>(x->data), static_cast<bf16*>(y->data), n);
  } else if (x->dtype == OCT_BF16 && y->dtype == OCT_F32) {
    convert_all(context, static_cast<const bf16*>(x->data), static_cast<float*>(y->data), n);
  } else {
    const int64_t size = x->dtype == OCT_I64 ? 8 : x->dtype == OCT_BF16 ? 2 : x->dtype == OCT_U8 ? 1 : 4;
    parallel_for(context, n, n, [=](int64_t begin, int64_t end) {
      __builtin_memcpy(static_cast<char*>(y->data) + begin * size, static_cast<const char*>(x->data) + begin * size,
                       static_cast<size_t>((end - begin) * size));
    });
  }
  return OCT_OK;
}

oct_status normalize_pixels(oct_context* context, const oct_tensor* x, const float* mean, const float* deviation, const oct_tensor* y) {
  const int64_t channels = x->shape[3], n = x->shape[0] * x->shape[1] * x->shape[2] * channels;
  const Pattern pattern(mean, deviation, channels);
  with_float_type(y->dtype, [=, &pattern](auto* type) {
    using T = __typeof__(*type);
    normalize(context, static_cast<const uint8_t*>(x->data), static_cast<T*>(y->data), n, channels, pattern);
  });
  return OCT_OK;
}

OCT_KERNEL_END
