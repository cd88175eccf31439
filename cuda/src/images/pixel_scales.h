// (value / 255 - mean) / deviation as one multiply-add per value.
#pragma once
#include <cstdint>

namespace oct::cuda {

template <int Channels>
struct PixelScales {
  float scale[Channels], shift[Channels];
};

template <int Channels>
PixelScales<Channels> pixel_scales(const float* mean, const float* deviation, int64_t channels) {
  PixelScales<Channels> by{};
  for (int64_t c = 0; c < channels; ++c) {
    const double divisor = static_cast<double>(deviation[c]);
    by.scale[c] = static_cast<float>(1 / (255 * divisor));
    by.shift[c] = static_cast<float>(-static_cast<double>(mean[c]) / divisor);
  }
  return by;
}

}  // namespace oct::cuda
