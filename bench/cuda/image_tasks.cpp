// Decoded images to the input of a network: crop, resize, mirror, normalize.
#include <algorithm>

#include "task.h"

namespace oct::bench {
namespace {

struct Image {
  int64_t width, height, crop_x, crop_y, crop_width, crop_height, mirror, h, w;
  std::string text() const {
    return std::to_string(width) + "x" + std::to_string(height) + " crop " + std::to_string(crop_width) + "x" +
           std::to_string(crop_height) + "+" + std::to_string(crop_x) + "+" + std::to_string(crop_y) + (mirror != 0 ? " mirrored" : "") +
           " to " + std::to_string(w) + "x" + std::to_string(h);
  }
};

// Operands: pixels, offsets, geometry; y. All images of the batch have one shape and pixels of their own.
Task transform(const Image& l, int64_t batch, oct_dtype dtype) {
  Task task;
  task.operation = "transform_images";
  task.pass = "forward";
  task.shape = "N" + std::to_string(batch) + " " + l.text();
  task.dtype = dtype;
  task.numbers = {{"n", batch}, {"width", l.width}, {"height", l.height}, {"h", l.h}, {"w", l.w}};
  const int64_t bytes = l.width * l.height * 3;
  const auto pixels = [count = bytes * batch] {
    std::vector<uint8_t> all(static_cast<size_t>(count));
    uint32_t state = 3;
    for (uint8_t& byte : all) byte = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
    return all;
  };
  std::vector<int64_t> offsets;
  std::vector<int32_t> geometry;
  for (int64_t n = 0; n < batch; ++n) {
    offsets.push_back(n * bytes);
    for (const int64_t number : {l.width, l.height, l.crop_x, l.crop_y, l.crop_width, l.crop_height, l.mirror, int64_t{0}}) {
      geometry.push_back(static_cast<int32_t>(number));
    }
  }
  task.operands = {{"pixels", OCT_U8, {bytes * batch}, Role::input, 0, 0, pixels},
                   {"offsets", OCT_I64, {batch}, Role::input, 0, 0, [offsets] { return bytes_from(offsets); }},
                   {"geometry", OCT_I32, {batch, 8}, Role::input, 0, 0, [geometry] { return bytes_from(geometry); }},
                   {"y", dtype, {batch, l.h, l.w, 3}, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_transform_images_args{.pixels = t[0],
                                                  .offsets = t[1],
                                                  .geometry = t[2],
                                                  .y = t[3],
                                                  .mean = {0.485f, 0.456f, 0.406f},
                                                  .deviation = {0.229f, 0.224f, 0.225f}});
  };
  task.slack = [l](const Host& host) {
    // Weights of two triangles that sum to 1, each from a place known to 2^-24 of the crop's extent and as wide as one pixel at least;
    // values in [0,1], divided by 0.22; the sums of a triangle's terms.
    const double extent = static_cast<double>(std::max(l.crop_width, l.crop_height));
    std::vector<std::vector<double>> slack(host.size());
    slack[3].assign(host[3].floats.size(), 2 * (8 * extent + 16) * kUnit * 5);
    return slack;
  };
  // The crop is what must be read.
  task.bytes = static_cast<double>(batch) * (static_cast<double>(l.crop_width * l.crop_height * 3) +
                                             static_cast<double>(l.h * l.w * 3) * static_cast<double>(bytes_of(dtype)));
  return task;
}

}  // namespace

void add_images(const Choice& choice, std::vector<Maker>* all) {
  const char* const columns = "width height crop_x:0 crop_y:0 crop_width crop_height mirror:0 H W";
  for (const auto& v : lines_of("transform_images", columns, choice)) {
    const Image image{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]};
    const int64_t batch = choice.shapes == "layer" ? choice.batch : 2;
    all->push_back([image, batch](oct_dtype dtype) { return transform(image, batch, dtype); });
  }
}

}  // namespace oct::bench
