// JPEG decoding: argument checks, then libjpeg-turbo for the lines and blocks that the crop needs, then one resize.
#include "octothorpe/jpeg.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

#include "../check.h"
#include "jpeg_error.h"
#include "jpeg_resize.h"
#include "orientation.h"

namespace {

// Scans of a progressive file beyond these are an attack on the decoder's time: every scan visits all blocks. Encoders write about 10.
constexpr int kMaxScans = 100;
// Extra columns left and right of the crop: at the border of what is decoded, smooth chroma upsampling lacks a neighbor.
constexpr int64_t kMargin = 2;
constexpr int32_t kMaxOutput = 16384;

struct CropRequest {
  int32_t x, y, w, h, out_w, out_h;
};

// The same request of the pixels as they are stored.
CropRequest stored_request(const oct::Orientation& orientation, const CropRequest& c, int32_t width, int32_t height) {
  const oct::Rectangle r = oct::stored_rectangle(orientation, {c.x, c.y, c.w, c.h}, width, height);
  return {r.x, r.y, r.w, r.h, orientation.swap ? c.out_h : c.out_w, orientation.swap ? c.out_w : c.out_h};
}

struct Decoder {
  jpeg_decompress_struct info;
  oct::JpegErrors errors;
  jpeg_progress_mgr progress;
  const uint8_t* data;
  size_t bytes;
  int32_t exif;       // orientation, 1 to 8; 0 before any EXIF data were seen
  CropRequest crop;   // of the stored pixels
  uint8_t* rows;      // RGB, owned by `info`
  int64_t row_bytes;  // from one row to the next
  oct::Box box;       // of the crop, in pixels of `rows`
};

void watch_scans(j_common_ptr object) {
  Decoder& decoder = *static_cast<Decoder*>(object->client_data);
  if (decoder.info.input_scan_number > kMaxScans) oct::jpeg_fail(decoder.errors, "more than %d scans", kMaxScans);
}

// Reads the orientation where it lies in memory: the library would copy each of these segments.
boolean read_app1(j_decompress_ptr info) {
  Decoder& decoder = *static_cast<Decoder*>(info->client_data);
  jpeg_source_mgr& source = *info->src;
  if (source.bytes_in_buffer < 2) oct::jpeg_fail(decoder.errors, "truncated in the header");
  const uint8_t* segment = source.next_input_byte;
  const size_t length = std::max(size_t{2}, size_t{segment[0]} << 8 | segment[1]);  // of itself, too; the library is as lenient
  if (length > source.bytes_in_buffer) oct::jpeg_fail(decoder.errors, "truncated in the header");
  constexpr size_t kName = 8;  // the length and "Exif\0\0"
  if (decoder.exif == 0 && length >= kName && memcmp(segment + 2, "Exif\0\0", 6) == 0) {
    decoder.exif = oct::exif_orientation(segment + kName, length - kName);
  }
  source.next_input_byte += length;
  source.bytes_in_buffer -= length;
  return TRUE;
}

void read_header(void* argument) {
  Decoder& decoder = *static_cast<Decoder*>(argument);
  jpeg_create_decompress(&decoder.info);
  decoder.info.client_data = &decoder;
  decoder.progress.progress_monitor = watch_scans;
  decoder.info.progress = &decoder.progress;
  jpeg_set_marker_processor(&decoder.info, JPEG_APP0 + 1, read_app1);
  jpeg_mem_src(&decoder.info, decoder.data, decoder.bytes);
  jpeg_read_header(&decoder.info, TRUE);
}

// A file whose end is missing has no end-of-image marker after its header. Found without decoding, so that it does not depend on the crop.
bool has_end(const Decoder& decoder) {
  const uint8_t* begin = decoder.info.src->next_input_byte;
  for (const uint8_t* p = begin + decoder.info.src->bytes_in_buffer; p - begin >= 2; --p) {
    if (p[-2] == 0xff && p[-1] == JPEG_EOI) return true;
  }
  return false;
}

// The smallest of 1/8, 1/4, 1/2, 1 (these have fast inverse transforms) that leaves the crop at least as large as the output.
unsigned choose_eighths(const CropRequest& crop) {
  for (const int32_t eighths : {1, 2, 4}) {
    if (int64_t{crop.w} * eighths >= int64_t{8} * crop.out_w && int64_t{crop.h} * eighths >= int64_t{8} * crop.out_h)
      return static_cast<unsigned>(eighths);
  }
  return 8;
}

void cmyk_to_rgb(uint8_t* row, int64_t pixels, bool inverted) {
  for (int64_t i = 0; i < pixels; ++i) {
    const uint8_t* in = row + 4 * i;
    const int flip = inverted ? 0 : 255;  // Adobe stores 255 - ink
    const int k = in[3] ^ flip;
    for (int c = 0; c < 3; ++c) row[3 * i + c] = static_cast<uint8_t>(((in[c] ^ flip) * k + 127) / 255);
  }
}

void decode_crop(void* argument) {
  Decoder& decoder = *static_cast<Decoder*>(argument);
  jpeg_decompress_struct& info = decoder.info;
  const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  info.scale_num = choose_eighths(decoder.crop);
  info.scale_denom = 8;
  jpeg_start_decompress(&info);

  const double scale = info.scale_num / 8.0;
  const CropRequest& crop = decoder.crop;
  oct::Box box{crop.x * scale, crop.y * scale, (crop.x + crop.w) * scale, (crop.y + crop.h) * scale};
  const int64_t top = static_cast<int64_t>(std::floor(box.y0)), bottom = static_cast<int64_t>(std::ceil(box.y1));
  const int64_t left = std::max(int64_t{0}, static_cast<int64_t>(std::floor(box.x0)) - kMargin);
  const int64_t right = std::min(int64_t{info.output_width}, static_cast<int64_t>(std::ceil(box.x1)) + kMargin);
  JDIMENSION offset = 0;
  if (left > 0 || right < int64_t{info.output_width}) {
    offset = static_cast<JDIMENSION>(left);
    JDIMENSION width = static_cast<JDIMENSION>(right - left);
    jpeg_crop_scanline(&info, &offset, &width);  // moves offset down to a block border
  }
  decoder.box = {box.x0 - offset, box.y0 - static_cast<double>(top), box.x1 - offset, box.y1 - static_cast<double>(top)};
  decoder.row_bytes = int64_t{info.output_width} * info.output_components;
  const size_t bytes = static_cast<size_t>(decoder.row_bytes) * static_cast<size_t>(bottom - top);
  decoder.rows = static_cast<uint8_t*>(info.mem->alloc_large(reinterpret_cast<j_common_ptr>(&info), JPOOL_IMAGE, bytes));

  if (top > 0) jpeg_skip_scanlines(&info, static_cast<JDIMENSION>(top));
  for (int64_t y = 0; y < bottom - top;) {
    uint8_t* lines[8];
    const int64_t wanted = std::min(int64_t{8}, bottom - top - y);
    for (int64_t i = 0; i < wanted; ++i) lines[i] = decoder.rows + (y + i) * decoder.row_bytes;
    y += jpeg_read_scanlines(&info, lines, static_cast<JDIMENSION>(wanted));
  }
  for (int64_t y = 0; cmyk && y < bottom - top; ++y) {
    cmyk_to_rgb(decoder.rows + y * decoder.row_bytes, info.output_width, info.saw_Adobe_marker);
  }
}

oct_status fail_corrupt(const Decoder& decoder) {
  return oct::fail(decoder.errors.out_of_memory ? OCT_OUT_OF_MEMORY : OCT_CORRUPT_DATA, "jpeg: %s", decoder.errors.message);
}

oct_status check_rectangle(const char* op, int64_t width, int64_t height, const CropRequest& c) {
  if (c.w >= 1 && c.h >= 1 && c.x >= 0 && c.y >= 0 && int64_t{c.x} + c.w <= width && int64_t{c.y} + c.h <= height) return OCT_OK;
  return oct::fail(OCT_INVALID_ARGUMENT, "%s: the crop of %dx%d at (%d,%d) is not inside the image of %lldx%lld", op, c.w, c.h, c.x, c.y,
                   static_cast<long long>(width), static_cast<long long>(height));
}

oct_status check_upright(const char* op, int64_t width, int64_t height, const oct::Orientation& orientation, const CropRequest& c) {
  return orientation.swap ? check_rectangle(op, height, width, c) : check_rectangle(op, width, height, c);
}

// Resizes a box of stored pixels to the upright out_w x out_h; what lies on its side or head is turned after the resize, when it is small.
oct_status resize_upright(const char* op, const uint8_t* rows, int64_t row_bytes, const oct::Box& box, const oct::Orientation& orientation,
                          bool flip, int32_t out_w, int32_t out_h, uint8_t* rgb) {
  bool done;
  if (orientation.upright()) {
    done = oct::resize_rgb(rows, row_bytes, box, flip, out_w, out_h, rgb);
  } else {
    const std::unique_ptr<uint8_t[]> stored(new (std::nothrow) uint8_t[static_cast<size_t>(out_w) * static_cast<size_t>(out_h) * 3]);
    const int32_t columns = orientation.swap ? out_h : out_w, lines = orientation.swap ? out_w : out_h;
    done = stored && oct::resize_rgb(rows, row_bytes, box, false, columns, lines, stored.get());
    if (done) oct::turn_rgb(orientation, stored.get(), flip, out_w, out_h, rgb);
  }
  return done ? OCT_OK : oct::fail(OCT_OUT_OF_MEMORY, "%s: no memory for a resize to %dx%d", op, out_w, out_h);
}

oct_status check_output(const char* op, const CropRequest& c, const void* source, const void* rgb) {
  if (source == nullptr || rgb == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: %s is null", op, source == nullptr ? "data" : "rgb");
  if (std::min(c.out_w, c.out_h) >= 1 && std::max(c.out_w, c.out_h) <= kMaxOutput) return OCT_OK;
  return oct::fail(OCT_INVALID_ARGUMENT, "%s: the output is %dx%d, but both must be in [1,%d]", op, c.out_w, c.out_h, kMaxOutput);
}

}  // namespace

extern "C" {

oct_status oct_jpeg_size(const uint8_t* data, size_t bytes, int32_t* width, int32_t* height) {
  if (data == nullptr || width == nullptr || height == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "jpeg_size: a pointer is null");
  Decoder decoder{};
  decoder.data = data;
  decoder.bytes = bytes;
  decoder.info.err = oct::install_jpeg_errors(decoder.errors);
  const bool ok = oct::jpeg_guarded(decoder.errors, read_header, &decoder);
  const bool swap = oct::orientation_of(decoder.exif).swap;
  *width = static_cast<int32_t>(swap ? decoder.info.image_height : decoder.info.image_width);
  *height = static_cast<int32_t>(swap ? decoder.info.image_width : decoder.info.image_height);
  jpeg_destroy_decompress(&decoder.info);
  return ok ? OCT_OK : fail_corrupt(decoder);
}

oct_status oct_jpeg_decode(const uint8_t* data, size_t bytes, int64_t max_pixels, int32_t crop_x, int32_t crop_y, int32_t crop_w,
                           int32_t crop_h, int32_t flip, int32_t out_w, int32_t out_h, uint8_t* rgb, oct_jpeg_blemish* blemish) {
  constexpr const char* op = "jpeg_decode";
  const CropRequest crop{crop_x, crop_y, crop_w, crop_h, out_w, out_h};
  OCT_TRY(check_output(op, crop, data, rgb));
  if (max_pixels < 1)
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: max_pixels is %lld, but must be >= 1", op, static_cast<long long>(max_pixels));
  Decoder decoder{};
  decoder.data = data;
  decoder.bytes = bytes;
  decoder.info.err = oct::install_jpeg_errors(decoder.errors);
  struct Destroy {
    jpeg_decompress_struct* info;
    ~Destroy() { jpeg_destroy_decompress(info); }
  } destroy{&decoder.info};
  if (!oct::jpeg_guarded(decoder.errors, read_header, &decoder)) return fail_corrupt(decoder);
  const int64_t width = decoder.info.image_width, height = decoder.info.image_height;
  if (width * height > max_pixels) {
    return oct::fail(OCT_CORRUPT_DATA, "jpeg: the header claims %lldx%lld pixels; at most %lld are allowed", static_cast<long long>(width),
                     static_cast<long long>(height), static_cast<long long>(max_pixels));
  }
  const oct::Orientation orientation = oct::orientation_of(decoder.exif);
  OCT_TRY(check_upright(op, width, height, orientation, crop));
  decoder.crop = stored_request(orientation, crop, static_cast<int32_t>(width), static_cast<int32_t>(height));
  if (!has_end(decoder)) return oct::fail(OCT_CORRUPT_DATA, "jpeg: truncated: the end-of-image marker is missing");
  if (!oct::jpeg_guarded(decoder.errors, decode_crop, &decoder)) return fail_corrupt(decoder);
  OCT_TRY(resize_upright(op, decoder.rows, decoder.row_bytes, decoder.box, orientation, flip != 0, out_w, out_h, rgb));
  if (blemish != nullptr) *blemish = decoder.errors.blemish;
  return OCT_OK;
}

const char* oct_jpeg_blemish_text(oct_jpeg_blemish blemish) {
  switch (blemish) {
    case OCT_JPEG_SCAN_PARAMETERS:
      return "a scan header without a spectral range";
    case OCT_JPEG_JFIF_VERSION:
      return "an unknown JFIF version";
    case OCT_JPEG_STRAY_BYTES:
      return "stray bytes between segments";
    case OCT_JPEG_ADOBE_TRANSFORM:
      return "an unknown Adobe color transform";
    default:
      return "";
  }
}

int32_t oct_exif_orientation(const uint8_t* exif, size_t bytes) { return exif == nullptr ? 1 : oct::exif_orientation(exif, bytes); }

oct_status oct_resize(const uint8_t* source, int32_t width, int32_t height, int32_t orientation, int32_t crop_x, int32_t crop_y,
                      int32_t crop_w, int32_t crop_h, int32_t flip, int32_t out_w, int32_t out_h, uint8_t* rgb) {
  constexpr const char* op = "resize";
  const CropRequest upright{crop_x, crop_y, crop_w, crop_h, out_w, out_h};
  OCT_TRY(check_output(op, upright, source, rgb));
  if (orientation < 1 || orientation > 8) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: orientation is %d, but must be in [1,8]", op, orientation);
  }
  const oct::Orientation turned = oct::orientation_of(orientation);
  OCT_TRY(check_upright(op, width, height, turned, upright));
  const CropRequest crop = stored_request(turned, upright, width, height);
  const oct::Box box{static_cast<double>(crop.x), static_cast<double>(crop.y), static_cast<double>(crop.x) + crop.w,
                     static_cast<double>(crop.y) + crop.h};
  return resize_upright(op, source, int64_t{3} * width, box, turned, flip != 0, out_w, out_h, rgb);
}

}  // extern "C"
