#include "jpeg_resize.h"

#include <emmintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace oct {
namespace {

struct Free {
  void operator()(void* data) const { free(data); }
};
template <class T>
using Array = std::unique_ptr<T[], Free>;

template <class T>
Array<T> allocate(int64_t count) {
  return Array<T>(static_cast<T*>(malloc(static_cast<size_t>(count) * sizeof(T))));
}

// The filter of one axis: output i is the sum over k < count[i] of weight[i * taps + k] times input first[i] + k.
struct Axis {
  int32_t taps = 0;
  Array<int32_t> first, count;
  Array<float> weight;

  bool build(double begin, double end, int32_t outputs) {
    const double step = (end - begin) / outputs;
    const double width = step > 1 ? step : 1;
    taps = 2 * static_cast<int32_t>(std::ceil(width)) + 1;
    first = allocate<int32_t>(outputs);
    count = allocate<int32_t>(outputs);
    weight = allocate<float>(static_cast<int64_t>(outputs) * taps);
    if (!first || !count || !weight) return false;
    const int32_t low = static_cast<int32_t>(std::floor(begin)), high = static_cast<int32_t>(std::ceil(end));
    for (int32_t i = 0; i < outputs; ++i) {
      const double center = begin + (i + 0.5) * step;
      const int32_t from = std::max(low, static_cast<int32_t>(std::floor(center - width + 0.5)));
      const int32_t to = std::min(high, static_cast<int32_t>(std::floor(center + width + 0.5)));
      float* w = weight.get() + static_cast<int64_t>(i) * taps;
      double sum = 0;
      for (int32_t x = from; x < to; ++x) sum += triangle((x + 0.5 - center) / width);
      for (int32_t x = from; x < to; ++x) w[x - from] = static_cast<float>(triangle((x + 0.5 - center) / width) / sum);
      first[i] = from;
      count[i] = to - from;
    }
    return true;
  }

  static double triangle(double x) {
    const double distance = std::fabs(x);
    return distance < 1 ? 1 - distance : 0;
  }
};

// sum += or = w[0] rows[0] + .. + w[N-1] rows[N-1], over n bytes; several rows at once save passes over the sum.
template <int N, bool kFirst>
void add_rows(const uint8_t* const* rows, const float* w, int64_t n, float* __restrict sum) {
  for (int64_t i = 0; i < n; ++i) {
    float s = kFirst ? 0.0f : sum[i];
    for (int k = 0; k < N; ++k) s += w[k] * static_cast<float>(rows[k][i]);
    sum[i] = s;
  }
}

template <bool kFirst>
void add_up_to_4_rows(const uint8_t* const* rows, const float* w, int32_t count, int64_t n, float* sum) {
  switch (count) {
    case 1:
      return add_rows<1, kFirst>(rows, w, n, sum);
    case 2:
      return add_rows<2, kFirst>(rows, w, n, sum);
    case 3:
      return add_rows<3, kFirst>(rows, w, n, sum);
    default:
      return add_rows<4, kFirst>(rows, w, n, sum);
  }
}

void vertical(const uint8_t* first_row, int64_t row_bytes, const float* w, int32_t count, int64_t n, float* sum) {
  for (int32_t done = 0; done < count; done += 4) {
    const uint8_t* rows[4];
    const int32_t now = std::min(4, count - done);
    for (int32_t k = 0; k < now; ++k) rows[k] = first_row + (done + k) * row_bytes;
    if (done == 0) {
      add_up_to_4_rows<true>(rows, w, now, n, sum);
    } else {
      add_up_to_4_rows<false>(rows, w + done, now, n, sum);
    }
  }
}

typedef float Float4 __attribute__((vector_size(16)));

// One row: a pixel is a vector of (r, g, b, what follows), so `line` has one float more than it has values.
void horizontal(const float* line, int32_t line_begin, const Axis& axis, bool flip, int32_t out_w, uint8_t* out) {
  for (int32_t i = 0; i < out_w; ++i) {
    const float* w = axis.weight.get() + static_cast<int64_t>(i) * axis.taps;
    const float* in = line + static_cast<int64_t>(axis.first[i] - line_begin) * 3;
    Float4 sum = {0.5f, 0.5f, 0.5f, 0.5f};
    for (int32_t k = 0; k < axis.count[i]; ++k) {
      Float4 pixel;
      memcpy(&pixel, in + 3 * k, sizeof pixel);
      sum += w[k] * pixel;
    }
    // Truncation of a number >= 0.5 rounds; the packs saturate at 255.
    const __m128i value = _mm_cvttps_epi32(sum);
    const __m128i words = _mm_packs_epi32(value, value);
    const int rgbx = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    uint8_t* to = out + 3 * (flip ? out_w - 1 - i : i);
    to[0] = static_cast<uint8_t>(rgbx);
    to[1] = static_cast<uint8_t>(rgbx >> 8);
    to[2] = static_cast<uint8_t>(rgbx >> 16);
  }
}

void copy(const uint8_t* source, int64_t row_bytes, bool flip, int32_t width, int32_t height, uint8_t* rgb) {
  for (int32_t y = 0; y < height; ++y, source += row_bytes, rgb += static_cast<int64_t>(width) * 3) {
    if (!flip) {
      memcpy(rgb, source, static_cast<size_t>(width) * 3);
    } else {
      for (int64_t x = 0; x < width; ++x) memcpy(rgb + 3 * (width - 1 - x), source + 3 * x, 3);
    }
  }
}

bool is(double value, int64_t expected) { return !(value < static_cast<double>(expected)) && !(value > static_cast<double>(expected)); }

}  // namespace

bool resize_rgb(const uint8_t* source, int64_t row_bytes, const Box& box, bool flip, int32_t out_w, int32_t out_h, uint8_t* rgb) {
  const int32_t left = static_cast<int32_t>(std::floor(box.x0)), right = static_cast<int32_t>(std::ceil(box.x1));
  const int32_t top = static_cast<int32_t>(std::floor(box.y0));
  if (is(box.x0, left) && is(box.y0, top) && is(box.x1 - box.x0, out_w) && is(box.y1 - box.y0, out_h)) {
    copy(source + top * row_bytes + int64_t{3} * left, row_bytes, flip, out_w, out_h, rgb);
    return true;
  }
  Axis columns, rows;
  const int64_t values = int64_t{3} * (right - left);
  const Array<float> line = allocate<float>(values + 1);
  if (!line || !columns.build(box.x0, box.x1, out_w) || !rows.build(box.y0, box.y1, out_h)) return false;
  line[values] = 0;
  for (int32_t y = 0; y < out_h; ++y) {
    vertical(source + rows.first[y] * row_bytes + int64_t{3} * left, row_bytes, rows.weight.get() + static_cast<int64_t>(y) * rows.taps,
             rows.count[y], values, line.get());
    horizontal(line.get(), left, columns, flip, out_w, rgb + static_cast<int64_t>(y) * out_w * 3);
  }
  return true;
}

}  // namespace oct
