#include "orientation.h"

#include <cstring>

namespace oct {
namespace {

constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kShort = 3, kLong = 4;  // types of a TIFF field
constexpr size_t kEntryBytes = 12;

// A TIFF structure; every read is checked, and what lies outside is 0.
struct Tiff {
  const uint8_t* data;
  size_t bytes;
  bool big_endian;

  uint32_t read(size_t at, int count) const {
    if (at > bytes || bytes - at < static_cast<size_t>(count)) return 0;
    uint32_t value = 0;
    for (int i = 0; i < count; ++i) value |= uint32_t{data[at + static_cast<size_t>(i)]} << 8 * (big_endian ? count - 1 - i : i);
    return value;
  }
};

}  // namespace

Orientation orientation_of(int32_t exif) {
  switch (exif) {
    case 2:
      return {false, true, false};
    case 3:
      return {false, true, true};
    case 4:
      return {false, false, true};
    case 5:
      return {true, false, false};
    case 6:
      return {true, false, true};
    case 7:
      return {true, true, true};
    case 8:
      return {true, true, false};
    default:
      return {false, false, false};
  }
}

int32_t exif_orientation(const uint8_t* exif, size_t bytes) {
  if (bytes >= 6 && memcmp(exif, "Exif\0\0", 6) == 0) {
    exif += 6;
    bytes -= 6;
  }
  if (bytes < 8 || (memcmp(exif, "II*\0", 4) != 0 && memcmp(exif, "MM\0*", 4) != 0)) return 1;
  const Tiff tiff{exif, bytes, exif[0] == 'M'};
  const size_t directory = tiff.read(4, 4);
  const uint32_t entries = tiff.read(directory, 2);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (entry >= bytes) break;
    if (tiff.read(entry, 2) != kOrientationTag) continue;
    const uint32_t type = tiff.read(entry + 2, 2);
    const uint32_t value = type == kShort ? tiff.read(entry + 8, 2) : type == kLong ? tiff.read(entry + 8, 4) : 0;
    return value >= 1 && value <= 8 ? static_cast<int32_t>(value) : 1;
  }
  return 1;
}

Rectangle stored_rectangle(const Orientation& orientation, const Rectangle& upright, int32_t width, int32_t height) {
  Rectangle stored = upright;
  if (orientation.swap) stored = {upright.y, upright.x, upright.h, upright.w};
  if (orientation.mirror_x) stored.x = width - stored.x - stored.w;
  if (orientation.mirror_y) stored.y = height - stored.y - stored.h;
  return stored;
}

void turn_rgb(const Orientation& orientation, const uint8_t* stored, bool flip, int32_t width, int32_t height, uint8_t* rgb) {
  const int64_t columns = orientation.swap ? height : width, rows = orientation.swap ? width : height;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x, rgb += 3) {
      const int64_t from_x = flip ? width - 1 - x : x;
      const int64_t u = orientation.swap ? y : from_x, v = orientation.swap ? from_x : y;
      const int64_t column = orientation.mirror_x ? columns - 1 - u : u, row = orientation.mirror_y ? rows - 1 - v : v;
      memcpy(rgb, stored + 3 * (row * columns + column), 3);
    }
  }
}

}  // namespace oct
