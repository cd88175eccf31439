// The eight ways in which the stored pixels of a photograph may have to be turned to stand upright.
#pragma once
#include <cstddef>
#include <cstdint>

namespace oct {

/// How upright pixels lie in the stored image: upright (x, y) is stored (x, y), or (y, x) if `swap`, counted from the right if `mirror_x`
/// and from the bottom if `mirror_y`.
struct Orientation {
  bool swap, mirror_x, mirror_y;

  bool upright() const { return !swap && !mirror_x && !mirror_y; }
};

/// Rectangle of whole pixels.
struct Rectangle {
  int32_t x, y, w, h;
};

/// Of the value 1 to 8 of EXIF's tag Orientation; any other value means upright.
Orientation orientation_of(int32_t exif);

/// The value 1 to 8 of the tag Orientation in a block of EXIF data, with or without "Exif\0\0" before its TIFF header; 1 if the block has
/// none or is malformed.
int32_t exif_orientation(const uint8_t* exif, size_t bytes);

/// Where a rectangle of the upright image lies in the stored one of width x height.
Rectangle stored_rectangle(const Orientation& orientation, const Rectangle& upright, int32_t width, int32_t height);

/// Turns RGB pixels: `stored`, dense, becomes the upright `rgb` of width x height, mirrored left to right if `flip`.
void turn_rgb(const Orientation& orientation, const uint8_t* stored, bool flip, int32_t width, int32_t height, uint8_t* rgb);

}  // namespace oct
