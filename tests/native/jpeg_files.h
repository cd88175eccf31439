// JPEG files for tests, written and read back by libjpeg itself.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <random>

#include "jpeglib.h"
#include "octothorpe/jpeg.h"
#include "support.h"

using Bytes = std::vector<uint8_t>;

// An image in memory: smooth waves, a hard edge and some noise, so that chroma upsampling and high frequencies both show.
inline Bytes picture(int width, int height, int channels, unsigned seed, int noise = 24) {
  std::mt19937 random(seed);
  Bytes pixels(static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels));
  size_t i = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        const double wave = 128 + 70 * std::sin(0.11 * x * (c + 1) + 0.07 * y) + (x + 2 * y > width ? 30 : -30);
        const int jitter = noise > 0 ? static_cast<int>(random() % static_cast<unsigned>(noise)) : 0;
        pixels[i++] = static_cast<uint8_t>(std::clamp(static_cast<int>(wave) + jitter, 0, 255));
      }
    }
  }
  return pixels;
}

struct Encoding {
  const char* name;
  J_COLOR_SPACE colors;  // of the input
  int h, v;              // luma sampling
  bool progressive;
  int restart_rows;
};

inline const Encoding kEncodings[] = {{"gray", JCS_GRAYSCALE, 1, 1, false, 0}, {"rgb444", JCS_RGB, 1, 1, false, 0},
                                      {"rgb422", JCS_RGB, 2, 1, false, 0},     {"rgb420", JCS_RGB, 2, 2, false, 0},
                                      {"restart", JCS_RGB, 2, 2, false, 1},    {"progressive", JCS_RGB, 2, 2, true, 0},
                                      {"cmyk", JCS_CMYK, 1, 1, false, 0}};

inline int channels(const Encoding& e) { return e.colors == JCS_GRAYSCALE ? 1 : e.colors == JCS_CMYK ? 4 : 3; }

// `change`, if any, has the last word on how the file is written.
inline Bytes encode(const Bytes& pixels, int width, int height, const Encoding& e,
                    const std::function<void(j_compress_ptr)>& change = nullptr) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* out = nullptr;
  unsigned long bytes = 0;
  jpeg_mem_dest(&info, &out, &bytes);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = channels(e);
  info.in_color_space = e.colors;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 90, TRUE);
  info.comp_info[0].h_samp_factor = e.h;
  info.comp_info[0].v_samp_factor = e.v;
  info.restart_in_rows = e.restart_rows;
  if (change) change(&info);
  if (e.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < height; ++y) {
    uint8_t* row = const_cast<uint8_t*>(pixels.data()) + static_cast<ptrdiff_t>(y) * width * info.input_components;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  Bytes result(out, out + bytes);
  jpeg_destroy_compress(&info);
  free(out);
  return result;
}

inline Bytes encode(int width, int height, const Encoding& e) { return encode(picture(width, height, channels(e), 7), width, height, e); }

// libjpeg's full decode to RGB.
inline Bytes reference(const Bytes& file, int& width, int& height) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&info);
  width = static_cast<int>(info.output_width);
  height = static_cast<int>(info.output_height);
  Bytes line(static_cast<size_t>(width) * 4), rgb;
  while (info.output_scanline < info.output_height) {
    uint8_t* row = line.data();
    jpeg_read_scanlines(&info, &row, 1);
    for (size_t x = 0; x < static_cast<size_t>(width); ++x) {
      for (size_t c = 0; c < 3; ++c) {  // the encoder wrote an Adobe marker, so CMYK is inverted
        rgb.push_back(cmyk ? static_cast<uint8_t>(std::lround(line[4 * x + c] * line[4 * x + 3] / 255.0)) : line[3 * x + c]);
      }
    }
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return rgb;
}

struct Crop {
  int x, y, w, h;
};

inline oct_status decode(const Bytes& file, const Crop& crop, bool flip, int out_w, int out_h, Bytes& rgb, int64_t max_pixels = 1 << 20,
                         oct_jpeg_blemish* blemish = nullptr) {
  rgb.assign(static_cast<size_t>(out_w) * static_cast<size_t>(out_h) * 3, 0);
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[std::max<size_t>(1, file.size())]);  // AddressSanitizer sees reads past the end
  std::copy(file.begin(), file.end(), exact.get());
  return oct_jpeg_decode(exact.get(), file.size(), max_pixels, crop.x, crop.y, crop.w, crop.h, flip, out_w, out_h, rgb.data(), blemish);
}
