#include "octothorpe/transform_images.h"

#include <cmath>

#include "check.h"

extern "C" {

oct_status oct_transform_images(oct_context* context, const oct_tensor* pixels, const oct_tensor* offsets, const oct_tensor* geometry,
                                const float* mean, const float* deviation, const oct_tensor* y) {
  constexpr const char* op = "transform_images";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->transform_images != nullptr));
  const oct::Argument bytes{"pixels", pixels}, starts{"offsets", offsets}, crops{"geometry", geometry}, to{"y", y};
  OCT_TRY(oct::check_dense(op, to, 4));
  OCT_TRY(oct::check_dtype(op, to, {OCT_F32, OCT_BF16}));
  OCT_TRY(oct::check_extent(op, to, 3, 3, "red, green and blue"));
  const int64_t images = y->shape[0];
  OCT_TRY(oct::check_dense(op, bytes, 1));
  OCT_TRY(oct::check_dtype(op, bytes, {OCT_U8}));
  OCT_TRY(oct::check_dense(op, starts, 1));
  OCT_TRY(oct::check_dtype(op, starts, {OCT_I64}));
  OCT_TRY(oct::check_extent(op, starts, 0, images, "the number of images"));
  OCT_TRY(oct::check_dense(op, crops, 2));
  OCT_TRY(oct::check_dtype(op, crops, {OCT_I32}));
  OCT_TRY(oct::check_extent(op, crops, 0, images, "the number of images"));
  OCT_TRY(oct::check_extent(op, crops, 1, 8, "width, height, crop_x, crop_y, crop_width, crop_height, mirror, 0"));
  for (const oct::Argument argument : {bytes, starts, crops}) OCT_TRY(oct::check_no_alias(op, argument, to));
  if (mean == nullptr || deviation == nullptr) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: %s is null", op, mean == nullptr ? "mean" : "deviation");
  }
  for (int c = 0; c < 3; ++c) {
    if (!std::isfinite(mean[c])) {
      return oct::fail(OCT_INVALID_ARGUMENT, "%s: mean[%d] is %g, but must be finite", op, c, static_cast<double>(mean[c]));
    }
    if (!std::isfinite(deviation[c]) || deviation[c] <= 0) {
      return oct::fail(OCT_INVALID_ARGUMENT, "%s: deviation[%d] is %g, but must be finite and > 0", op, c,
                       static_cast<double>(deviation[c]));
    }
  }
  return context->table->transform_images(context, pixels, offsets, geometry, mean, deviation, y);
}

}  // extern "C"
