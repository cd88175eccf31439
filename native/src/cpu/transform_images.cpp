// Crop, resize, mirror and normalise. Work is cut into bands of output rows of one image; a band goes over its output columns in tiles and
// over a tile's input columns in chunks: the rows under each output row's triangle are summed into a line of floats, then the lines' values
// under each column's triangle. Lines and sums stay on the stack, in L1.
#include "../error.h"
#include "bytes.h"
#include "kernels.h"
#include "parallel.h"
#include "simd.h"

OCT_KERNEL_BEGIN

namespace {

constexpr int64_t kBand = 4;     // output rows: one evaluation of a column's weights serves them all
constexpr int64_t kTile = 64;    // output columns
constexpr int64_t kChunk = 256;  // input columns, 3 KB a line
constexpr int64_t kNumbers = 8;  // of an image's geometry

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

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

// The weights of one output of one axis, `inputs` to `outputs` values: a triangle around the output's centre, as wide as the reduction
// and at least a pixel. In integers, so that nothing is rounded: in units of half an output's 1 / outputs, input x is at
// (2 x + 1) outputs, the centre at (2 index + 1) inputs, and the triangle's half width is 2 max(inputs, outputs).
struct Triangle {
  int64_t begin, end;  // inputs whose weight is not 0
  int64_t step, half_width, centre;

  Triangle(int64_t inputs, int64_t outputs, int64_t index) {
    step = 2 * outputs;
    half_width = 2 * (inputs > outputs ? inputs : outputs);
    centre = (2 * index + 1) * inputs;
    const int64_t low = centre - half_width - outputs;  // x is above low / step
    begin = low < 0 ? 0 : low / step + 1;
    end = least((centre + half_width - outputs + step - 1) / step, inputs);
  }
  int64_t weight(int64_t x) const {
    const int64_t distance = x * step + step / 2 - centre;
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
    const int64_t right = least(left + kTile, out.width);
    float sums[kTile][kBand][3] = {};
    int64_t weights[kTile] = {};
    const int64_t end = Triangle(crop.width, out.width, right - 1).end;
    for (int64_t chunk = Triangle(crop.width, out.width, left).begin; chunk < end; chunk += kChunk) {
      const int64_t columns = least(kChunk, end - chunk);
      for (int64_t row = top; row < bottom; ++row) {
        vertical(crop.corner + 3 * chunk, crop.row_bytes, Triangle(crop.height, out.height, row), 3 * columns, lines[row - top]);
      }
      for (int64_t column = left; column < right; ++column) {
        const Triangle across(crop.width, out.width, column);
        const int64_t stop = least(across.end, chunk + columns);
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

template <class T>
void transform(const oct_context* context, const uint8_t* pixels, const int64_t* offsets, const int32_t* geometry, int64_t images,
               const Output& output, T* y) {
  const Output out = output;
  const int64_t bands = (out.height + kBand - 1) / kBand;
  parallel_for(context, images * bands, images * out.height * out.width * 16, [=](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t image = item / bands, top = item % bands * kBand;
      const Crop crop = crop_of(pixels, offsets[image], geometry + image * kNumbers);
      transform_band(crop, out, top, least(top + kBand, out.height), y + image * out.height * out.width * 3);
    }
  });
}

}  // namespace

oct_status transform_images(oct_context* context, const oct_tensor* pixels, const oct_tensor* offsets, const oct_tensor* geometry,
                            const float* mean, const float* deviation, const oct_tensor* y) {
  const int64_t images = y->shape[0];
  const int64_t* starts = static_cast<const int64_t*>(offsets->data);
  const int32_t* numbers = static_cast<const int32_t*>(geometry->data);
  for (int64_t image = 0; image < images; ++image) {
    const oct_status status = check_image(image, pixels->shape[0], starts[image], numbers + image * kNumbers);
    if (status != OCT_OK) return status;
  }
  Output output{y->shape[1], y->shape[2], {}, {}};
  for (int c = 0; c < 3; ++c) {
    const double divisor = static_cast<double>(deviation[c]);
    output.scale[c] = static_cast<float>(1 / (255 * divisor));
    output.shift[c] = static_cast<float>(-static_cast<double>(mean[c]) / divisor);
  }
  with_float_type(y->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    transform(context, static_cast<const uint8_t*>(pixels->data), starts, numbers, images, output, static_cast<T*>(y->data));
  });
  return OCT_OK;
}

OCT_KERNEL_END
