// Photographs on the host: JPEG decoding by libjpeg-turbo, only the lines and blocks that a crop needs, and the resize of what other
// decoders gave. Crops are in upright coordinates: what EXIF says of the orientation is applied.
#pragma once
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What a decoder passes over because every pixel of the picture is there all the same.
typedef int32_t oct_jpeg_blemish;
enum {
  OCT_JPEG_CLEAN = 0,
  OCT_JPEG_SCAN_PARAMETERS = 1,  ///< a sequential file whose scan header names no spectral range; front cameras of Samsung phones
  OCT_JPEG_JFIF_VERSION = 2,     ///< a JFIF version that does not exist
  OCT_JPEG_STRAY_BYTES = 3,      ///< bytes between two segments, or between the last block and the marker after it
  OCT_JPEG_ADOBE_TRANSFORM = 4   ///< an unknown color transform in the Adobe marker; YCbCr is assumed
};

/// Text of a blemish, such as "stray bytes between segments"; "" of OCT_JPEG_CLEAN and of what is none.
OCT_API const char* oct_jpeg_blemish_text(oct_jpeg_blemish blemish);

/// Reads the header. width and height in pixels of the upright picture. OCT_CORRUPT_DATA with the reason if it is not a JPEG that can be
/// decoded: lossless and hierarchical ones, and those of more than 8 bits per sample, are refused by name.
OCT_API oct_status oct_jpeg_size(const uint8_t* data, size_t bytes, int32_t* width, int32_t* height);

/// Decodes the crop [crop_x, crop_x + crop_w) x [crop_y, crop_y + crop_h) of the upright picture, resizes it to out_w x out_h (bilinear
/// with antialiasing: a triangle as wide as the reduction, as PIL does; where the crop is at least 2, 4 or 8 times as large as the output,
/// the decoder's own reduction by that factor comes first) and mirrors it left to right if `flip`. rgb u8[out_h,out_w,3]; gray and CMYK
/// become RGB. Malformed EXIF data are ignored, as if the picture stood upright.
/// `blemish`, if not null, receives the last harmless one that was met on the way to the crop's last row.
/// OCT_CORRUPT_DATA for truncated or damaged data (whatever costs a pixel of the crop: entropy-coded data that are bad or end early, lost
/// restart markers, scans that are missing or out of order, no end-of-image marker), for a header that claims more than max_pixels
/// (checked before memory is taken); OCT_INVALID_ARGUMENT for a crop outside the image. Safe from any thread.
OCT_API oct_status oct_jpeg_decode(const uint8_t* data, size_t bytes, int64_t max_pixels, int32_t crop_x, int32_t crop_y, int32_t crop_w,
                                   int32_t crop_h, int32_t flip, int32_t out_w, int32_t out_h, uint8_t* rgb, oct_jpeg_blemish* blemish);

/// The value 1 to 8 of the tag Orientation in a block of EXIF data as PNG's chunk eXIf, WebP's chunk EXIF and JPEG's APP1 hold it; 1
/// (upright) if it has none or is malformed.
OCT_API int32_t oct_exif_orientation(const uint8_t* exif, size_t bytes);

/// The same crop, resize and mirror from raw pixels: source u8[height,width,3], for images that came from another decoder. `orientation`
/// is EXIF's, 1 to 8, and the crop is in coordinates of the upright picture, which for 5 to 8 is height x width.
OCT_API oct_status oct_resize(const uint8_t* source, int32_t width, int32_t height, int32_t orientation, int32_t crop_x, int32_t crop_y,
                              int32_t crop_w, int32_t crop_h, int32_t flip, int32_t out_w, int32_t out_h, uint8_t* rgb);

#ifdef __cplusplus
}
#endif
