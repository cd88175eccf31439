// Crop, resize, mirror and normalize. Bound: one read of the crops' bytes (rows that neighboring bands share come from L2) and one write
// of y; a decoder in front of it takes longer.
#include "element_wise/element_wise.cuh"
#include "images/pixel_scales.h"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {

constexpr int kBandRows = 8;        // output rows of a block: one per warp
constexpr int kTileColumns = 32;    // output columns of a block: one per lane
constexpr int kChunkColumns = 128;  // input columns that a warp holds at once, 1.5 KB
constexpr int kChunkValues = 3 * kChunkColumns;
constexpr int kTransformThreads = 32 * kBandRows;

struct ImageBatch {
  const uint8_t* pixels;
  int64_t bytes;
  const int64_t* offsets;   // [N]
  const int32_t* geometry;  // [N,8]
  int64_t height, width;    // of y [N,H,W,3]
  int64_t bands, tiles;     // blocks of an image: ceil(H / 8) bands of ceil(W / 32) tiles
  PixelScales<3> by;
  Fault* fault;
};

// Where the crop of an image lies.
struct Crop {
  int64_t first;  // byte of the image
  int64_t image_width, x, y, width, height;
  bool mirror;
};

// False, and reported, if the image or its crop does not lie inside.
GPU_INLINE bool find_crop(const ImageBatch& batch, int64_t image, Crop* crop) {
  const int32_t* g = batch.geometry + image * 8;
  const int64_t height = g[1];
  *crop = {batch.offsets[image], g[0], g[2], g[3], g[4], g[5], g[6] != 0};
  const int64_t room = crop->first < 0 ? -1 : (batch.bytes - crop->first) / 3;  // pixels; a product of two i32 fits into i64, thrice it not
  if (crop->image_width < 1 || height < 1 || crop->first > batch.bytes || crop->image_width * height > room) {
    if (threadIdx.x == 0) report(batch.fault, kImageOutOfRange, image, crop->first, batch.bytes);
    return false;
  }
  if (crop->x < 0 || crop->y < 0 || crop->width < 1 || crop->height < 1 || crop->x + crop->width > crop->image_width ||
      crop->y + crop->height > height) {
    if (threadIdx.x == 0) report(batch.fault, kCropOutOfRange, image, 0, 0);
    return false;
  }
  return true;
}

// The weights of one output of one axis, `inputs` to `outputs` values: a triangle around the output's center, as wide as the reduction
// and at least one pixel. In integers, so that nothing is rounded: in units of half an output's 1 / outputs, input x is at
// (2 x + 1) outputs, the center at (2 index + 1) inputs, and the triangle's half width is 2 max(inputs, outputs).
struct Triangle {
  int64_t begin, end;  // inputs whose weight is not 0
  int64_t step, half_width, center;

  GPU_INLINE Triangle(int64_t inputs, int64_t outputs, int64_t index) {
    step = 2 * outputs;
    half_width = 2 * (inputs > outputs ? inputs : outputs);
    center = (2 * index + 1) * inputs;
    const int64_t low = center - half_width - outputs;  // x is above low / step
    begin = low < 0 ? 0 : low / step + 1;
    end = (center + half_width - outputs + step - 1) / step;
    end = end < inputs ? end : inputs;
  }
  GPU_INLINE int64_t weight(int64_t x) const {
    const int64_t distance = x * step + step / 2 - center;
    return half_width - (distance < 0 ? -distance : distance);
  }
};

// Every warp makes 32 pixels of one output row: for a chunk of input columns it sums the rows under the row's triangle into shared
// memory, then each lane adds what lies under its column's triangle. Sums are of integer weights, divided by their sum at the end.
template <class T>
__global__ void __launch_bounds__(kTransformThreads) transform_tiles(ImageBatch batch, T* y) {
  GPU_SHARED(float, lines, [kBandRows][kChunkValues]);
  const int64_t band = blockIdx.x / batch.tiles, tile = blockIdx.x - band * batch.tiles;
  const int64_t image = band / batch.bands;
  const int32_t lane = static_cast<int32_t>(gpu::lane()), warp = static_cast<int32_t>(threadIdx.x) / 32;
  const int64_t row = (band - image * batch.bands) * kBandRows + warp;
  Crop crop;
  if (!find_crop(batch, image, &crop) || row >= batch.height) return;  // the whole warp; there is no barrier of the block
  float* line = lines[warp];
  const int64_t first = tile * kTileColumns, last = (first + kTileColumns < batch.width ? first + kTileColumns : batch.width) - 1;
  const int64_t column = first + lane < last ? first + lane : last;  // lanes past the end repeat the last column
  const Triangle down(crop.height, batch.height, row), across(crop.width, batch.width, column);
  const int64_t begin = Triangle(crop.width, batch.width, first).begin, end = Triangle(crop.width, batch.width, last).end;
  const int64_t row_bytes = crop.image_width * 3;
  const uint8_t* top = batch.pixels + crop.first + (crop.y + down.begin) * row_bytes + crop.x * 3;
  float sum[3] = {};
  int64_t weight_across = 0;
  for (int64_t chunk = begin; chunk < end; chunk += kChunkColumns) {
    const int32_t columns = static_cast<int32_t>(end - chunk < kChunkColumns ? end - chunk : kChunkColumns);
    float values[kChunkValues / 32] = {};
    int64_t weight_down = 0;
    const uint8_t* from = top + chunk * 3 + lane;
    for (int64_t r = down.begin; r < down.end; ++r, from += row_bytes) {
      const int64_t weight = down.weight(r);
      weight_down += weight;
#pragma unroll
      for (int i = 0; i < kChunkValues / 32; ++i) {
        if (lane + 32 * i < 3 * columns) values[i] = fmaf(static_cast<float>(weight), static_cast<float>(from[32 * i]), values[i]);
      }
    }
    const float inverse = 1.0f / static_cast<float>(weight_down);
    __syncwarp();  // the chunk before was read
#pragma unroll
    for (int i = 0; i < kChunkValues / 32; ++i) {
      if (lane + 32 * i < 3 * columns) line[lane + 32 * i] = values[i] * inverse;
    }
    __syncwarp();
    const int64_t from_x = across.begin > chunk ? across.begin : chunk;
    const int64_t to_x = across.end < chunk + columns ? across.end : chunk + columns;
    for (int64_t x = from_x; x < to_x; ++x) {
      const int64_t weight = across.weight(x);
      weight_across += weight;
      const float* pixel = line + (x - chunk) * 3;
#pragma unroll
      for (int c = 0; c < 3; ++c) sum[c] = fmaf(static_cast<float>(weight), pixel[c], sum[c]);
    }
  }
  if (first + lane > last) return;
  const float inverse = 1.0f / static_cast<float>(weight_across);
  const int64_t to = crop.mirror ? batch.width - 1 - column : column;
  T* pixel = y + ((image * batch.height + row) * batch.width + to) * 3;
#pragma unroll
  for (int c = 0; c < 3; ++c) pixel[c] = gpu::from_float<T>(fmaf(sum[c] * inverse, batch.by.scale[c], batch.by.shift[c]));
}

}  // namespace

OCT_NO_WORKSPACE(transform_images)
oct_status transform_images(Launches& launches, const oct_transform_images_args& a, void*) {
  ImageBatch batch{};
  batch.pixels = data<uint8_t>(a.pixels);
  batch.bytes = a.pixels.shape[0];
  batch.offsets = data<int64_t>(a.offsets);
  batch.geometry = data<int32_t>(a.geometry);
  batch.height = a.y.shape[1];
  batch.width = a.y.shape[2];
  batch.bands = gpu::ceil_div<int64_t>(batch.height, kBandRows);
  batch.tiles = gpu::ceil_div<int64_t>(batch.width, kTileColumns);
  batch.by = pixel_scales<3>(a.mean, a.deviation, 3);
  batch.fault = launches.fault();
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(a.y.shape[0] * batch.bands * batch.tiles)), dim3(kTransformThreads)};
  return with_float_type(a.y.dtype, [&](auto type) {
    using T = decltype(type);
    return launch(launches, "transform_tiles", transform_tiles<T>, shape, batch, data<T>(a.y));
  });
}

}  // namespace oct::cuda
