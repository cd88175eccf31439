#include "oracles/transform_images.h"

#include "octothorpe/jpeg.h"

namespace oct::test {
namespace {

const std::vector<int64_t> kSmall = {9, 8, 2, 1, 5, 6, 0, 9, 34};

oct_transform_images_args arguments(Device& device, const ImageBatch& batch, oct_dtype dtype) {
  return {.pixels = device.of_integers(OCT_U8, {static_cast<int64_t>(batch.bytes.size())}, batch.bytes),
          .offsets = device.of_integers(OCT_I64, {batch.count()}, batch.offsets),
          .geometry = device.of_integers(OCT_I32, {batch.count(), 8}, batch.geometry),
          .y = device.empty(dtype, batch.y()),
          .mean = {0.485f, 0.456f, 0.406f},
          .deviation = {0.229f, 0.224f, 0.225f}};
}

OCT_FOR_TYPES(TransformImages);

TEST_P(TransformImages, MatchDoubleForAnyThreadCount) {
  for (const std::vector<int64_t>& line : shapes("transform_images", 9)) {
    SCOPED_TRACE(text_of(line));
    // The other images begin at no multiple of anything.
    std::vector<std::vector<int64_t>> images{{5, 4, 1, 0, 3, 4, 1 - line[6], line[7], line[8]}, line};
    if (on_cpu()) images.push_back(line);
    const ImageBatch batch(images);
    std::vector<uint8_t> bits;
    for (const int32_t threads : thread_counts()) {
      Device device({.threads = threads});
      oct_transform_images_args args = arguments(device, batch, GetParam());
      ASSERT_RUNS(device, args);
      if (bits.empty()) {
        bits = device.read_bytes(args.y);
        batch.expect_transformed(GetParam(), args.mean, args.deviation, device.read(args.y));
        args.y = device.empty(GetParam(), batch.y());
        ASSERT_RUNS(device, args);
      }
      EXPECT_EQ(device.read_bytes(args.y), bits) << threads << " threads";
    }
  }
}

/// The path over bytes rounds in between, by half of one of 255 levels, and no more.
TEST(TransformImages, AgreesWithResize) {
  const ImageBatch batch({{97, 61, 7, 5, 80, 50, 1, 17, 23}});
  Device device;
  oct_transform_images_args args = arguments(device, batch, OCT_F32);
  for (size_t c = 0; c < 3; ++c) {
    args.mean[c] = 0;
    args.deviation[c] = 1;
  }
  ASSERT_RUNS(device, args);
  std::vector<uint8_t> rgb(17 * 23 * 3);
  ASSERT_EQ(oct_resize(batch.bytes.data() + 1, 97, 61, 1, 7, 5, 80, 50, 1, 23, 17, rgb.data()), OCT_OK) << oct_last_error();
  const std::vector<float> y = device.read(args.y);
  for (size_t i = 0; i < rgb.size(); ++i) ASSERT_NEAR(rgb[i], 255 * static_cast<double>(y[i]), 0.5 + 2e-3) << i;
}

/// What does not lie inside is reported, and nothing outside is read.
TEST(TransformImages, ImagesAndCropsThatLieOutsideAreReported) {
  struct Case {
    size_t at;  // of the second image's geometry; 8: its offset
    int64_t value;
    std::string text;
  };
  const std::string outside = on_cpu() ? "transform_images: image 1 of" : "image 1";
  for (const Case& wrong :
       {Case{0, 10, outside}, Case{1, 0, outside}, Case{0, INT32_MAX, outside}, Case{2, -1, "crop"}, Case{2, 5, "crop"}, Case{3, 3, "crop"},
        Case{4, 0, "crop"}, Case{5, INT32_MAX, "crop"}, Case{8, -1, outside}, Case{8, INT64_MAX, outside}, Case{8, 63, outside}}) {
    SCOPED_TRACE(std::to_string(wrong.at) + " = " + std::to_string(wrong.value));
    ImageBatch batch({{5, 4, 1, 0, 3, 4, 1, 9, 34}, kSmall});
    if (wrong.at == 8) {
      batch.offsets[1] = wrong.value;
    } else {
      batch.geometry[8 + wrong.at] = static_cast<int32_t>(wrong.value);
    }
    Device device;
    expect_invalid(run(device, arguments(device, batch, OCT_F32)), {wrong.text});
    EXPECT_EQ(oct_context_synchronize(device.context()), OCT_OK) << oct_last_error();
  }
}

TEST(TransformImagesRefuses, WrongShapesAndNumbers) {
  Device device;
  const ImageBatch batch({kSmall});
  const oct_transform_images_args good = arguments(device, batch, OCT_F32);
  ASSERT_EQ(bind(device, good), OCT_OK) << oct_last_error();
  oct_transform_images_args args = good;
  args.deviation[1] = 0;
  expect_invalid(bind(device, args), {"deviation[1]", "> 0"});
  args = good;
  args.y = device.empty(OCT_F32, {1, 4, 4, 1});
  expect_invalid(bind(device, args), {"axis 3 must be 3"});
  args.y = device.empty(OCT_F32, {2, 4, 4, 3});
  expect_invalid(bind(device, args), {"offsets", "axis 0 must be 2"});
  args.y = device.empty(OCT_U8, {1, 4, 4, 3});
  expect_invalid(bind(device, args), {"y is u8"});
}

}  // namespace
}  // namespace oct::test
