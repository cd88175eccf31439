// JPEG: whole images and crops against libjpeg's own full decode, resizing against a sum in double, damaged and hostile files.
#include <thread>

#include "jpeg_files.h"

namespace {

// The contract's resize in double precision, two-dimensional, unrounded.
double resized(const Bytes& rgb, int width, const Crop& crop, int out_w, int out_h, int x, int y, int c) {
  const double step_x = static_cast<double>(crop.w) / out_w, step_y = static_cast<double>(crop.h) / out_h;
  const double reach_x = std::max(1.0, step_x), reach_y = std::max(1.0, step_y);
  double sum = 0, weights = 0;
  for (int sy = 0; sy < crop.h; ++sy) {
    const double wy = std::max(0.0, 1 - std::fabs(sy + 0.5 - (y + 0.5) * step_y) / reach_y);
    for (int sx = 0; wy > 0 && sx < crop.w; ++sx) {
      const double w = wy * std::max(0.0, 1 - std::fabs(sx + 0.5 - (x + 0.5) * step_x) / reach_x);
      weights += w;
      sum += w * rgb[(static_cast<size_t>(crop.y + sy) * static_cast<size_t>(width) + static_cast<size_t>(crop.x + sx)) * 3 +
                     static_cast<size_t>(c)];
    }
  }
  return sum / weights;
}

// Rounding takes 0.5; the F32 sums of at most 2 x 200 terms of weight 1 in all add at most 400 * 2^-24 * 255 = 6e-3.
constexpr double kResizeTolerance = 0.5 + 6e-3;

void expect_resized(const Bytes& rgb, int width, const Crop& crop, int out_w, int out_h, bool flip, const Bytes& actual) {
  for (int y = 0; y < out_h; ++y) {
    for (int x = 0; x < out_w; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int mirrored = flip ? out_w - 1 - x : x;
        const size_t at =
            (static_cast<size_t>(y) * static_cast<size_t>(out_w) + static_cast<size_t>(mirrored)) * 3 + static_cast<size_t>(c);
        ASSERT_NEAR(resized(rgb, width, crop, out_w, out_h, x, y, c), actual[at], kResizeTolerance)
            << "(" << x << "," << y << "," << c << ") of " << out_w << "x" << out_h << " from " << crop.w << "x" << crop.h << " flip "
            << flip;
      }
    }
  }
}

class Jpeg : public testing::TestWithParam<Encoding> {};

TEST_P(Jpeg, CropsEqualTheFullDecodeBitForBit) {
  std::mt19937 random(11);
  for (const auto& [w, h] : {std::pair{1, 1}, {7, 5}, {16, 16}, {33, 47}, {100, 71}, {130, 97}}) {
    const Bytes file = encode(w, h, GetParam());
    int32_t width = 0, height = 0;
    ASSERT_EQ(OCT_OK, oct_jpeg_size(file.data(), file.size(), &width, &height)) << oct_last_error();
    ASSERT_EQ(w, width);
    ASSERT_EQ(h, height);
    const Bytes whole = reference(file, width, height);
    for (int trial = 0; trial < 40; ++trial) {
      Crop crop{0, 0, w, h};
      if (trial > 0) {
        crop.w = 1 + static_cast<int>(random() % static_cast<unsigned>(w));
        crop.h = 1 + static_cast<int>(random() % static_cast<unsigned>(h));
        crop.x = static_cast<int>(random() % static_cast<unsigned>(w - crop.w + 1));
        crop.y = static_cast<int>(random() % static_cast<unsigned>(h - crop.h + 1));
      }
      const bool flip = trial % 2 == 1;
      Bytes rgb;
      ASSERT_EQ(OCT_OK, decode(file, crop, flip, crop.w, crop.h, rgb)) << oct_last_error();
      for (size_t y = 0; y < static_cast<size_t>(crop.h); ++y) {
        for (size_t x = 0; x < static_cast<size_t>(crop.w); ++x) {
          const size_t from = ((y + static_cast<size_t>(crop.y)) * static_cast<size_t>(w) + x + static_cast<size_t>(crop.x)) * 3;
          const size_t to = (y * static_cast<size_t>(crop.w) + (flip ? static_cast<size_t>(crop.w) - 1 - x : x)) * 3;
          for (size_t c = 0; c < 3; ++c)
            ASSERT_EQ(whole[from + c], rgb[to + c])
                << x << "," << y << " of " << crop.w << "x" << crop.h << " at " << crop.x << "," << crop.y << " in " << w << "x" << h;
        }
      }
    }
  }
}

TEST_P(Jpeg, ResizeOfACropMatchesTheDoubleSum) {
  const Bytes file = encode(96, 80, GetParam());
  int width, height;
  const Bytes whole = reference(file, width, height);
  for (const auto& [crop, out] : {std::pair<Crop, std::pair<int, int>>{{0, 0, 96, 80}, {50, 41}},
                                  {{5, 9, 64, 48}, {33, 32}},
                                  {{17, 3, 31, 70}, {40, 36}},
                                  {{90, 70, 6, 10}, {32, 32}},
                                  {{40, 40, 1, 1}, {3, 2}}}) {
    for (const bool flip : {false, true}) {
      Bytes rgb;
      ASSERT_EQ(OCT_OK, decode(file, crop, flip, out.first, out.second, rgb)) << oct_last_error();
      expect_resized(whole, width, crop, out.first, out.second, flip, rgb);
    }
  }
}

// Below half size the decoder's scaled transform comes first. On an image without high frequencies it is close to the exact filter.
TEST_P(Jpeg, ScaledDecodeIsCloseToTheExactFilter) {
  Bytes smooth = picture(200, 160, channels(GetParam()), 3, 0);
  const int step = channels(GetParam());
  for (int y = 0; y < 160; ++y) {
    for (int x = 0; x < 200; ++x) {
      for (int c = 0; c < step; ++c)
        smooth[static_cast<size_t>((y * 200 + x) * step + c)] = static_cast<uint8_t>(20 + x / 2 + (c + 1) * y / 8);
    }
  }
  const Bytes file = encode(smooth, 200, 160, GetParam());
  int width, height;
  const Bytes whole = reference(file, width, height);
  for (const auto& [crop, out] :
       {std::pair<Crop, int>{{0, 0, 200, 160}, 80}, {{11, 7, 150, 140}, 70}, {{31, 5, 121, 129}, 30}, {{8, 8, 130, 130}, 16}}) {
    Bytes rgb;
    ASSERT_EQ(OCT_OK, decode(file, crop, false, out, out, rgb)) << oct_last_error();
    double worst = 0, bias = 0;
    for (int y = 0; y < out; ++y) {
      for (int x = 0; x < out; ++x) {
        for (int c = 0; c < 3; ++c) {
          const double difference = rgb[static_cast<size_t>((y * out + x) * 3 + c)] - resized(whole, width, crop, out, out, x, y, c);
          worst = std::max(worst, std::fabs(difference));
          bias += difference / (3 * out * out);
        }
      }
    }
    // Scaled pixels at the crop's border reach up to 7 pixels out of it, on a slope of at most 3/2 gray levels a pixel, and count half.
    EXPECT_LT(worst, 7 * 1.5 / 2) << out;
    // Misplaced by one source pixel, the image would be off by 1/2 + 1/8 or more everywhere.
    EXPECT_LT(std::fabs(bias), 0.4) << out;
  }
}

TEST_P(Jpeg, TruncationAnywhereIsRefused) {
  const Bytes file = encode(40, 33, GetParam());
  for (size_t n = 0; n < file.size(); ++n) {
    const Bytes cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(n));
    Bytes rgb;
    // A crop in the first rows needs nothing of the lost end, yet the file is refused.
    ASSERT_EQ(OCT_CORRUPT_DATA, decode(cut, {0, 0, 8, 8}, false, 8, 8, rgb)) << n << " of " << file.size() << " bytes";
    ASSERT_EQ(0, std::string(oct_last_error()).rfind("jpeg: ", 0)) << oct_last_error();
  }
}

TEST_P(Jpeg, DamagedBytesNeverCrash) {
  const Bytes file = encode(48, 40, GetParam());
  std::mt19937 random(5);
  int refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    Bytes damaged = file;
    for (int i = 0; i < 1 + trial % 4; ++i) damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    int32_t width, height;
    if (oct_jpeg_size(damaged.data(), damaged.size(), &width, &height) != OCT_OK) {
      ++refused;
      continue;
    }
    Bytes rgb;
    const Crop crop{0, 0, std::min(width, 40), std::min(height, 30)};
    const oct_status status = decode(damaged, crop, true, 16, 16, rgb, 1 << 22);
    ASSERT_TRUE(status == OCT_OK || status == OCT_CORRUPT_DATA) << status << " " << oct_last_error();
    refused += status == OCT_CORRUPT_DATA ? 1 : 0;
  }
  EXPECT_GT(refused, 100);
}

TEST_P(Jpeg, ThreadsDoNotDisturbEachOther) {
  const Bytes good = encode(64, 64, GetParam());
  Bytes bad = good;
  bad.resize(bad.size() / 2);
  Bytes expected;
  ASSERT_EQ(OCT_OK, decode(good, {0, 0, 64, 64}, false, 32, 32, expected));
  std::vector<std::thread> threads;
  int wrong[4] = {};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        Bytes rgb;
        if (decode(good, {0, 0, 64, 64}, false, 32, 32, rgb) != OCT_OK || rgb != expected) ++wrong[t];
        if (decode(bad, {0, 0, 64, 64}, false, 32, 32, rgb) != OCT_CORRUPT_DATA) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(0, count);
}

INSTANTIATE_TEST_SUITE_P(Encodings, Jpeg, testing::ValuesIn(kEncodings), [](const auto& param) { return param.param.name; });

// The same bytes with other extents in the frame header.
Bytes with_size(Bytes file, int width, int height) {
  for (size_t i = 0; i + 8 < file.size(); ++i) {
    if (file[i] == 0xff && (file[i + 1] == 0xc0 || file[i + 1] == 0xc2)) {
      file[i + 5] = static_cast<uint8_t>(height >> 8);
      file[i + 6] = static_cast<uint8_t>(height);
      file[i + 7] = static_cast<uint8_t>(width >> 8);
      file[i + 8] = static_cast<uint8_t>(width);
      return file;
    }
  }
  return {};
}

TEST(JpegRefusals, AHeaderThatClaimsTooManyPixels) {
  for (const Encoding& encoding : kEncodings) {
    const Bytes bomb = with_size(encode(16, 16, encoding), 50000, 50000);
    Bytes rgb;
    ASSERT_EQ(OCT_CORRUPT_DATA, decode(bomb, {0, 0, 50000, 50000}, false, 224, 224, rgb, 100'000'000));
    EXPECT_STREQ("jpeg: the header claims 50000x50000 pixels; at most 100000000 are allowed", oct_last_error());
  }
}

TEST(JpegRefusals, TooManyScans) {
  Bytes file = encode(16, 16, {"", JCS_RGB, 1, 1, true, 0});
  // Repeats the last scan (from its SOS marker to before the end marker) 200 times.
  size_t sos = file.size();
  for (size_t i = 0; i + 1 < file.size(); ++i) {
    if (file[i] == 0xff && file[i + 1] == 0xda) sos = i;
  }
  const Bytes scan(file.begin() + static_cast<ptrdiff_t>(sos), file.end() - 2);
  file.erase(file.end() - 2, file.end());
  for (int i = 0; i < 200; ++i) file.insert(file.end(), scan.begin(), scan.end());
  file.push_back(0xff);
  file.push_back(0xd9);
  Bytes rgb;
  EXPECT_EQ(OCT_CORRUPT_DATA, decode(file, {0, 0, 16, 16}, false, 16, 16, rgb));
}

TEST(JpegRefusals, ArgumentsAreNamed) {
  const Bytes file = encode(20, 10, kEncodings[1]);
  Bytes rgb;
  for (const Crop& crop : {Crop{0, 0, 21, 10}, {-1, 0, 5, 5}, {0, 6, 5, 5}, {0, 0, 0, 5}, {0, 0, 5, -1}, {INT32_MAX, 0, INT32_MAX, 1}}) {
    EXPECT_EQ(OCT_INVALID_ARGUMENT, decode(file, crop, false, 4, 4, rgb));
    EXPECT_NE(nullptr, strstr(oct_last_error(), "is not inside the image of 20x10")) << oct_last_error();
  }
  uint8_t out[3];
  EXPECT_EQ(OCT_INVALID_ARGUMENT, oct_jpeg_decode(file.data(), file.size(), 1000, 0, 0, 5, 5, 0, 0, 4, out, nullptr));
  EXPECT_STREQ("jpeg_decode: the output is 0x4, but both must be in [1,16384]", oct_last_error());
  EXPECT_EQ(OCT_INVALID_ARGUMENT, oct_jpeg_decode(file.data(), file.size(), 0, 0, 0, 5, 5, 0, 1, 1, out, nullptr));
  EXPECT_EQ(OCT_INVALID_ARGUMENT, oct_jpeg_decode(nullptr, 0, 1000, 0, 0, 5, 5, 0, 1, 1, out, nullptr));
  EXPECT_EQ(OCT_INVALID_ARGUMENT, oct_resize(out, 1, 1, 1, 0, 0, 2, 1, 0, 1, 1, out));
  int32_t width, height;
  EXPECT_EQ(OCT_CORRUPT_DATA, oct_jpeg_size(out, 0, &width, &height));
  const Bytes text{'h', 'e', 'l', 'l', 'o'};
  EXPECT_EQ(OCT_CORRUPT_DATA, oct_jpeg_size(text.data(), text.size(), &width, &height));
  EXPECT_STREQ("jpeg: Not a JPEG file: starts with 0x68 0x65", oct_last_error());
}

class Resize : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(Resize, MatchesTheDoubleSumAndMirrors) {
  const auto [from, to] = GetParam();
  const Bytes source = picture(from, from + 3, 3, 9);
  const Crop crop{from / 4, 1, from - from / 4, from + 1};
  const size_t bytes = static_cast<size_t>(to) * static_cast<size_t>(to + 1) * 3;
  for (const bool flip : {false, true}) {
    Bytes rgb(bytes);
    ASSERT_EQ(OCT_OK, oct_resize(source.data(), from, from + 3, 1, crop.x, crop.y, crop.w, crop.h, flip, to, to + 1, rgb.data()));
    expect_resized(source, from, crop, to, to + 1, flip, rgb);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Resize,
                         testing::Values(std::pair{1, 1}, std::pair{1, 9}, std::pair{7, 7}, std::pair{9, 1}, std::pair{31, 32},
                                         std::pair{33, 16}, std::pair{64, 17}, std::pair{100, 9}, std::pair{100, 3}));

TEST(Resize, SameSizeIsACopyAndConstantsStayConstant) {
  const Bytes source = picture(13, 9, 3, 2);
  Bytes rgb(source.size());
  ASSERT_EQ(OCT_OK, oct_resize(source.data(), 13, 9, 1, 0, 0, 13, 9, 0, 13, 9, rgb.data()));
  EXPECT_EQ(source, rgb);
  for (const int value : {0, 1, 127, 254, 255}) {
    const Bytes flat(50 * 40 * 3, static_cast<uint8_t>(value));
    Bytes out(17 * 23 * 3);
    ASSERT_EQ(OCT_OK, oct_resize(flat.data(), 50, 40, 1, 3, 5, 41, 29, 1, 17, 23, out.data()));
    EXPECT_EQ(Bytes(out.size(), static_cast<uint8_t>(value)), out);
  }
}

}  // namespace
