// Pixels to the network's input. Bound by memory, 2 streams.
#include "bytes.h"
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {

constexpr int64_t kMaxChannels = 4;

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
oct_status normalize(oct_call* call) {
  const auto& a = args<oct_normalize_pixels_args>(call);
  const uint8_t* x = data<uint8_t>(a.x);
  T* y = data<T>(a.y);
  const int64_t n = elements(a.x), tile = a.x.shape[3] * kLanes, tiles = (n + tile - 1) / tile;
  const Pattern* repeated = &plan_of<Pattern>(call);
  parallel_for(call->context, tiles, n, [=](int64_t begin, int64_t end) {
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
  return OCT_OK;
}

}  // namespace

oct_status normalize_pixels(oct_call* call) {
  const auto& a = args<oct_normalize_pixels_args>(call);
  const oct_status status = keep_plan(call, Pattern(a.mean, a.deviation, a.x.shape[3]));
  return status != OCT_OK ? status : OCT_RUNS(call, a.y.dtype, normalize);
}

OCT_KERNEL_END
