#include "check.h"

oct_status oct::check(const char* op, const oct_transform_images_args& a) {
  const Argument bytes{"pixels", a.pixels}, starts{"offsets", a.offsets}, crops{"geometry", a.geometry}, to{"y", a.y};
  OCT_TRY(check_dense(op, to, 4));
  OCT_TRY(check_dtype(op, to, {OCT_F32, OCT_BF16}));
  OCT_TRY(check_extent(op, to, 3, 3, "red, green and blue"));
  const int64_t images = a.y.shape[0];
  OCT_TRY(check_dense(op, bytes, 1));
  OCT_TRY(check_dtype(op, bytes, {OCT_U8}));
  OCT_TRY(check_vector(op, starts, OCT_I64, images, "the number of images", false));
  OCT_TRY(check_dense(op, crops, 2));
  OCT_TRY(check_dtype(op, crops, {OCT_I32}));
  OCT_TRY(check_extent(op, crops, 0, images, "the number of images"));
  OCT_TRY(check_extent(op, crops, 1, 8, "width, height, crop_x, crop_y, crop_width, crop_height, mirror, 0"));
  OCT_TRY(check_outputs_apart(op, {to}, {bytes, starts, crops}));
  return check_pixel_statistics(op, a.mean, a.deviation, 3);
}
