// Crop, resize, mirror and normalize. Work is cut into bands of output rows of one image; a band goes over its output columns in tiles and
// over a tile's input columns in chunks: the rows under each output row's triangle are summed into a line of floats, then the lines' values
// under each column's triangle. Lines and sums stay on the stack, in L1.
#include "../error.h"
#include "bytes.h"
#include "integers.h"
#include "kernels.h"
#include "parallel.h"
#include "prepare.h"
#include "simd.h"

OCT_KERNEL_BEGIN

namespace {

constexpr int64_t kBand = 4;     // output rows: one evaluation of a column's weights serves them all
constexpr int64_t kTile = 64;    // output columns
constexpr int64_t kChunk = 256;  // input columns, 3 KB a line
constexpr int64_t kNumbers = 8;  // of an image's geometry

struct Crop {
  const uint8_t* corner;
  int64_t row_bytes;
  int64_t width, height;
  bool mirror;
};

Crop crop_of(const uint8_t* pixels, int64_t offset, const int32_t* g) {
  const int64_t row_bytes = int64_t{3} * g[0];
  return {pixels + offset + g[3] * row_bytes + int64_t{3} * g[2], row_bytes, g[4], g[5], g[6] != 0};
}

oct_status check_image(int64_t image, int64_t bytes, int64_t offset, const int32_t* g) {
  // A product of two i32 fits into i64, thrice it does not.
  if (g[0] < 1 || g[1] < 1 || offset < 0 || offset > bytes || int64_t{g[0]} * g[1] > (bytes - offset) / 3) {
    return fail(OCT_INVALID_ARGUMENT,
                "transform_images: image %lld of %d x %d pixels begins at byte %lld of pixels and does not lie within %lld bytes",
                static_cast<long long>(image), g[0], g[1], static_cast<long long>(offset), static_cast<long long>(bytes));
  }
  if (g[2] < 0 || g[3] < 0 || g[4] < 1 || g[5] < 1 || int64_t{g[2]} + g[4] > g[0] || int64_t{g[3]} + g[5] > g[1]) {
    return fail(OCT_INVALID_ARGUMENT,
                "transform_images: geometry: image %lld has a crop that is empty or not inside the image: %d x %d at (%d, %d) of %d x %d",
                static_cast<long long>(image), g[4], g[5], g[2], g[3], g[0], g[1]);
  }
  return OCT_OK;
}

// The weights of one output of one axis, `inputs` to `outputs` values: a triangle around the output's center, as wide as the reduction
// and at least a pixel. In integers, so that nothing is rounded: in units of half an output's 1 / outputs, input x is at
// (2 x + 1) outputs, the center at (2 index + 1) inputs, and the triangle's half width is 2 max(inputs, outputs).
struct Triangle {
  int64_t begin, end;  // inputs whose weight is not 0
  int64_t step, half_width, center;

  Triangle(int64_t inputs, int64_t outputs, int64_t index) {
    step = 2 * outputs;
    half_width = 2 * (inputs > outputs ? inputs : outputs);
    center = (2 * index + 1) * inputs;
    const int64_t low = center - half_width - outputs;  // x is above low / step
    begin = low < 0 ? 0 : low / step + 1;
    end = min_of((center + half_width - outputs + step - 1) / step, inputs);
  }
  int64_t weight(int64_t x) const {
    const int64_t distance = x * step + step / 2 - center;
    return half_width - (distance < 0 ? -distance : distance);
  }
};

// line[i] = the weighted mean of the rows under the triangle, over `count` bytes that begin at `from` in row 0 of the crop.
void vertical(const uint8_t* from, int64_t row_bytes, const Triangle& down, int64_t count, float* line) {
  int64_t total = 0;
  for (int64_t row = down.begin; row < down.end; ++row) total += down.weight(row);
  const float inverse = 1.0f / static_cast<float>(total);
  for (int64_t row = down.begin; row < down.end; ++row) {
    const uint8_t* bytes = from + row * row_bytes;
    const bool first = row == down.begin;
    const float weight = static_cast<float>(down.weight(row)) * inverse;
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      const vf values = __builtin_convertvector(widen_bytes(bytes + i), vf) * weight;
      store(line + i, first ? values : load(line + i) + values);
    }
    for (; i < count; ++i) {
      const float value = static_cast<float>(bytes[i]) * weight;
      line[i] = first ? value : line[i] + value;
    }
  }
}

struct Output {
  int64_t height, width;
  float scale[3], shift[3];
};

// Rows [top, bottom) of y, one image [H,W,3]; at most kBand of them.
template <class T>
void transform_band(const Crop& crop, const Output& out, int64_t top, int64_t bottom, T* y) {
  alignas(64) float lines[kBand][3 * kChunk];
  for (int64_t left = 0; left < out.width; left += kTile) {
    const int64_t right = min_of(left + kTile, out.width);
    float sums[kTile][kBand][3] = {};
    int64_t weights[kTile] = {};
    const int64_t end = Triangle(crop.width, out.width, right - 1).end;
    for (int64_t chunk = Triangle(crop.width, out.width, left).begin; chunk < end; chunk += kChunk) {
      const int64_t columns = min_of(kChunk, end - chunk);
      for (int64_t row = top; row < bottom; ++row) {
        vertical(crop.corner + 3 * chunk, crop.row_bytes, Triangle(crop.height, out.height, row), 3 * columns, lines[row - top]);
      }
      for (int64_t column = left; column < right; ++column) {
        const Triangle across(crop.width, out.width, column);
        const int64_t stop = min_of(across.end, chunk + columns);
        for (int64_t x = across.begin > chunk ? across.begin : chunk; x < stop; ++x) {
          weights[column - left] += across.weight(x);
          const float weight = static_cast<float>(across.weight(x));
          for (int64_t row = 0; row < bottom - top; ++row) {
            for (int64_t c = 0; c < 3; ++c) sums[column - left][row][c] += weight * lines[row][3 * (x - chunk) + c];
          }
        }
      }
    }
    for (int64_t column = left; column < right; ++column) {
      const float inverse = 1.0f / static_cast<float>(weights[column - left]);
      const int64_t to = crop.mirror ? out.width - 1 - column : column;
      for (int64_t row = top; row < bottom; ++row) {
        T* pixel = y + (row * out.width + to) * 3;
        for (int64_t c = 0; c < 3; ++c) assign(pixel + c, sums[column - left][row - top][c] * inverse * out.scale[c] + out.shift[c]);
      }
    }
  }
}

// y = value scale + shift, once the value is out of 0 to 255.
Output output_of(const oct_transform_images_args& a) {
  Output output{a.y.shape[1], a.y.shape[2], {}, {}};
  for (int c = 0; c < 3; ++c) {
    const double divisor = static_cast<double>(a.deviation[c]);
    output.scale[c] = static_cast<float>(1 / (255 * divisor));
    output.shift[c] = static_cast<float>(-static_cast<double>(a.mean[c]) / divisor);
  }
  return output;
}

template <class T>
oct_status transform(oct_call* call) {
  const auto& a = args<oct_transform_images_args>(call);
  const uint8_t* pixels = data<uint8_t>(a.pixels);
  const int64_t* offsets = data<int64_t>(a.offsets);
  const int32_t* geometry = data<int32_t>(a.geometry);
  T* y = data<T>(a.y);
  const int64_t images = a.y.shape[0];
  for (int64_t image = 0; image < images; ++image) {
    const oct_status status = check_image(image, a.pixels.shape[0], offsets[image], geometry + image * kNumbers);
    if (status != OCT_OK) return status;
  }
  const Output out = plan_of<Output>(call);
  const int64_t bands = ceil_div(out.height, kBand);
  parallel_for(call->context, images * bands, images * out.height * out.width * 16, [=](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t image = item / bands, top = item % bands * kBand;
      const Crop crop = crop_of(pixels, offsets[image], geometry + image * kNumbers);
      transform_band(crop, out, top, min_of(top + kBand, out.height), y + image * out.height * out.width * 3);
    }
  });
  return OCT_OK;
}

}  // namespace

oct_status transform_images(oct_call* call) {
  const auto& a = args<oct_transform_images_args>(call);
  const oct_status status = keep_plan(call, output_of(a));
  return status != OCT_OK ? status : OCT_RUNS(call, a.y.dtype, transform);
}

OCT_KERNEL_END
