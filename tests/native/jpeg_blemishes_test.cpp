// JPEG files as cameras and editors write them: blemishes that cost no pixel, damage that does, what is refused by name, EXIF orientation.

#include "jpeg_files.h"

namespace {

const Encoding kBaseline{"rgb420", JCS_RGB, 2, 2, false, 0};
const Encoding kProgressive{"progressive", JCS_RGB, 2, 2, true, 0};

// Where the nth marker of a kind starts.
size_t find_marker(const Bytes& file, uint8_t marker, int nth = 0) {
  for (size_t i = 0; i + 1 < file.size(); ++i) {
    if (file[i] == 0xff && file[i + 1] == marker && nth-- == 0) return i;
  }
  ADD_FAILURE() << "no marker " << int{marker};
  return 0;
}

Bytes insert(Bytes file, size_t at, const Bytes& bytes) {
  file.insert(file.begin() + static_cast<ptrdiff_t>(at), bytes.begin(), bytes.end());
  return file;
}

Bytes segment(uint8_t marker, const Bytes& content) {
  Bytes bytes{0xff, marker, static_cast<uint8_t>((content.size() + 2) >> 8), static_cast<uint8_t>(content.size() + 2)};
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}

Bytes changed(Bytes file, size_t at, uint8_t value) {
  file[at] = value;
  return file;
}

// In an SOS segment of three components, Ss Se AhAl stand behind FF DA, the length, the count and three times two bytes.
constexpr size_t kSpectralStart = 11;

struct Decoded {
  oct_status status;
  oct_jpeg_blemish blemish;
  Bytes rgb;
};

Decoded decode_whole(const Bytes& file, int width = 40, int height = 33) {
  Decoded d{OCT_OK, -1, {}};
  d.status = decode(file, {0, 0, width, height}, false, width, height, d.rgb, 1 << 20, &d.blemish);
  return d;
}

void expect_blemish(oct_jpeg_blemish blemish, const Bytes& sound, const Bytes& file, const char* what) {
  const Decoded expected = decode_whole(sound), actual = decode_whole(file);
  ASSERT_EQ(OCT_OK, actual.status) << what << ": " << oct_last_error();
  EXPECT_EQ(blemish, actual.blemish) << what;
  EXPECT_EQ(expected.rgb, actual.rgb) << what;
  EXPECT_EQ(OCT_JPEG_CLEAN, expected.blemish) << what;
}

TEST(JpegBlemishes, WhatCostsNoPixelIsDecodedToTheSamePixels) {
  const Bytes file = encode(40, 33, kBaseline);
  const size_t sos = find_marker(file, 0xda), jfif = find_marker(file, 0xe0), end = file.size() - 2;
  expect_blemish(OCT_JPEG_SCAN_PARAMETERS, file, changed(file, sos + kSpectralStart + 1, 0), "Se 0");
  expect_blemish(OCT_JPEG_SCAN_PARAMETERS, file, changed(file, sos + kSpectralStart + 2, 1), "Al 1");
  expect_blemish(OCT_JPEG_JFIF_VERSION, file, changed(file, jfif + 9, 2), "JFIF 2.01");
  expect_blemish(OCT_JPEG_JFIF_VERSION, file, changed(file, jfif + 9, 0), "JFIF 0.01");
  expect_blemish(OCT_JPEG_STRAY_BYTES, file, insert(file, sos, {0x12, 0x34}), "before SOS");
  expect_blemish(OCT_JPEG_STRAY_BYTES, file, insert(file, find_marker(file, 0xdb), {0}), "before DQT");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, sos, {0xff, 0xff}), "fill bytes");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, end + 2, Bytes(999, 0x55)), "bytes behind the end");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, end + 2, file), "a second picture behind the end");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, end, {0xff, 0xd9}), "two ends");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, sos, segment(0xe5, Bytes(500, 0xff))), "an APP5 of junk");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, 2, segment(0xe1, {'h', 't', 't', 'p'})), "an APP1 that is not EXIF");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, 2, {0xff, 0xe1, 0, 2}), "an empty APP1");
  expect_blemish(OCT_JPEG_CLEAN, file, insert(file, 2, segment(0xfe, Bytes(3, 'x'))), "a comment");
  EXPECT_EQ(OCT_JPEG_CLEAN, decode_whole(insert(file, 2, segment(0xe2, Bytes(20, 'x')))).blemish);
  const Bytes restarts = encode(40, 33, {"restart", JCS_RGB, 2, 2, false, 1});
  expect_blemish(OCT_JPEG_STRAY_BYTES, restarts, insert(restarts, find_marker(restarts, 0xd0), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                 "padding before a restart marker");
  const Bytes scans = encode(40, 33, kProgressive);
  expect_blemish(OCT_JPEG_STRAY_BYTES, scans, insert(scans, find_marker(scans, 0xda, 2), {1, 2, 3}), "between scans");
}

TEST(JpegBlemishes, AnUnknownAdobeTransformMeansYcc) {
  const Bytes file = encode(40, 33, kBaseline);
  const Bytes adobe = segment(0xee, {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 7});
  // Only without a JFIF marker is the Adobe marker asked.
  Bytes bare = file;
  const size_t jfif = find_marker(bare, 0xe0);
  bare.erase(bare.begin() + static_cast<ptrdiff_t>(jfif), bare.begin() + static_cast<ptrdiff_t>(jfif + 18));
  expect_blemish(OCT_JPEG_ADOBE_TRANSFORM, file, insert(bare, 2, adobe), "transform 7");
}

TEST(JpegBlemishes, EveryOneHasAText) {
  EXPECT_STREQ("", oct_jpeg_blemish_text(OCT_JPEG_CLEAN));
  for (const oct_jpeg_blemish b : {OCT_JPEG_SCAN_PARAMETERS, OCT_JPEG_JFIF_VERSION, OCT_JPEG_STRAY_BYTES, OCT_JPEG_ADOBE_TRANSFORM}) {
    EXPECT_STRNE("", oct_jpeg_blemish_text(b)) << b;
  }
  EXPECT_STREQ("", oct_jpeg_blemish_text(99));
}

void expect_refused(const char* message, const Bytes& file) {
  EXPECT_EQ(OCT_CORRUPT_DATA, decode_whole(file).status) << message;
  EXPECT_STREQ(message, oct_last_error());
}

TEST(JpegBlemishes, WhatLosesPixelsIsRefused) {
  const Bytes file = encode(40, 33, kBaseline);
  Bytes early(file.begin(), file.begin() + static_cast<ptrdiff_t>(file.size() * 3 / 4));
  expect_refused("jpeg: truncated: the end-of-image marker is missing", early);
  if (early.back() == 0xff) early.pop_back();
  early.insert(early.end(), {0xff, 0xd9});
  expect_refused("jpeg: Corrupt JPEG data: premature end of data segment", early);
  const Bytes restarts = encode(40, 33, {"restart", JCS_RGB, 2, 2, false, 1});
  expect_refused("jpeg: Corrupt JPEG data: found marker 0xd3 instead of RST0", changed(restarts, find_marker(restarts, 0xd0) + 1, 0xd3));
  Bytes scans = encode(40, 33, kProgressive);  // the second refinement is read without the first
  const size_t from = find_marker(scans, 0xda, 5), to = find_marker(scans, 0xda, 6);
  scans.erase(scans.begin() + static_cast<ptrdiff_t>(from), scans.begin() + static_cast<ptrdiff_t>(to));
  EXPECT_EQ(OCT_CORRUPT_DATA, decode_whole(scans).status);
}

TEST(JpegBlemishes, WhatIsNotDecodedIsNamed) {
  const Bytes file = encode(40, 33, kBaseline);
  const size_t sof = find_marker(file, 0xc0);
  const char* process = "jpeg: lossless and hierarchical JPEG (frame type 0x%02x) are not decoded: convert it to baseline JPEG or PNG";
  for (const int type : {0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf}) {
    char message[200];
    snprintf(message, sizeof message, process, type);
    expect_refused(message, changed(file, sof + 1, static_cast<uint8_t>(type)));
  }
  expect_refused("jpeg: 12 bits per sample, but 8 are decoded: convert it to baseline JPEG or PNG", changed(file, sof + 4, 12));
  Bytes flat = file;
  flat[sof + 5] = flat[sof + 6] = 0;
  expect_refused("jpeg: the header claims a width or height of 0", flat);
  Bytes narrow = file;
  narrow[sof + 7] = narrow[sof + 8] = 0;
  expect_refused("jpeg: the header claims a width or height of 0", narrow);
}

TEST(JpegBlemishes, EveryColorSpaceAndCodingIsDecoded) {
  const Bytes pixels = picture(40, 33, 4, 7);
  for (const J_COLOR_SPACE stored : {JCS_CMYK, JCS_YCCK}) {
    const Bytes file =
        encode(pixels, 40, 33, {"", JCS_CMYK, 1, 1, false, 0}, [&](j_compress_ptr info) { jpeg_set_colorspace(info, stored); });
    int width, height;
    const Bytes expected = reference(file, width, height);
    const Decoded actual = decode_whole(file);
    ASSERT_EQ(OCT_OK, actual.status) << oct_last_error();
    EXPECT_EQ(expected, actual.rgb) << stored;
  }
  const Bytes plain = picture(40, 33, 3, 7);
  for (const bool progressive : {false, true}) {
    const Bytes file = encode(plain, 40, 33, {"", JCS_RGB, 2, 2, progressive, 0}, [](j_compress_ptr info) { info->arith_code = TRUE; });
    int width, height;
    const Bytes expected = reference(file, width, height);
    const Decoded actual = decode_whole(file);
    ASSERT_EQ(OCT_OK, actual.status) << oct_last_error();
    EXPECT_EQ(expected, actual.rgb) << progressive;
  }
  // RGB stored as such: an Adobe marker with transform 0.
  const Bytes rgb = encode(plain, 40, 33, {"", JCS_RGB, 1, 1, false, 0}, [](j_compress_ptr info) { jpeg_set_colorspace(info, JCS_RGB); });
  int width, height;
  EXPECT_EQ(reference(rgb, width, height), decode_whole(rgb).rgb);
}

// EXIF with one directory; `value` stands where a SHORT does.
Bytes exif(bool big_endian, uint32_t value, uint32_t type = 3, uint32_t tag = 0x112, uint32_t directory = 8, uint32_t entries = 2) {
  Bytes bytes{'E', 'x', 'i', 'f', 0, 0};
  const auto put = [&](uint32_t number, int count) {
    for (int i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(number >> 8 * (big_endian ? count - 1 - i : i)));
  };
  bytes.insert(bytes.end(), 2, big_endian ? 'M' : 'I');
  put(42, 2);
  put(directory, 4);
  put(entries, 2);
  put(0x10f, 2), put(2, 2), put(4, 4), put(0x41424300, 4);
  put(tag, 2), put(type, 2), put(1, 4), put(value, type == 4 ? 4 : 2), put(0, type == 4 ? 0 : 2);
  put(0, 4);
  return bytes;
}

// The pixels that stand upright, by EXIF's own words: where the first stored row and column are seen.
Bytes upright(const Bytes& stored, int w, int h, int orientation) {
  const int out_w = orientation >= 5 ? h : w, out_h = orientation >= 5 ? w : h;
  Bytes rgb(stored.size());
  for (int row = 0; row < h; ++row) {
    for (int column = 0; column < w; ++column) {
      const int x[] = {column, w - 1 - column, w - 1 - column, column, row, h - 1 - row, h - 1 - row, row};
      const int y[] = {row, row, h - 1 - row, h - 1 - row, column, column, w - 1 - column, w - 1 - column};
      const int to = y[orientation - 1] * out_w + x[orientation - 1];
      EXPECT_LT(y[orientation - 1], out_h);
      for (int c = 0; c < 3; ++c) rgb[static_cast<size_t>(3 * to + c)] = stored[static_cast<size_t>(3 * (row * w + column) + c)];
    }
  }
  return rgb;
}

class Orientations : public testing::TestWithParam<int> {};

TEST_P(Orientations, PixelsAndCropsStandUpright) {
  const int w = 40, h = 33, orientation = GetParam();
  const int out_w = orientation >= 5 ? h : w, out_h = orientation >= 5 ? w : h;
  for (const Encoding& encoding : {kBaseline, kProgressive, Encoding{"cmyk", JCS_CMYK, 1, 1, false, 0}}) {
    const Bytes plain = encode(w, h, encoding);
    int width, height;
    const Bytes stored = reference(plain, width, height);
    const Bytes expected = upright(stored, w, h, orientation);
    for (const bool big_endian : {false, true}) {
      const Bytes file = insert(plain, 2, segment(0xe1, exif(big_endian, static_cast<uint32_t>(orientation))));
      ASSERT_EQ(OCT_OK, oct_jpeg_size(file.data(), file.size(), &width, &height));
      EXPECT_EQ(out_w, width);
      EXPECT_EQ(out_h, height);
      EXPECT_EQ(expected, decode_whole(file, out_w, out_h).rgb) << encoding.name;
      std::mt19937 random(3);
      for (int trial = 0; trial < 30; ++trial) {
        Crop crop{};
        crop.w = 1 + static_cast<int>(random() % static_cast<unsigned>(out_w));
        crop.h = 1 + static_cast<int>(random() % static_cast<unsigned>(out_h));
        crop.x = static_cast<int>(random() % static_cast<unsigned>(out_w - crop.w + 1));
        crop.y = static_cast<int>(random() % static_cast<unsigned>(out_h - crop.h + 1));
        const bool flip = trial % 2 == 1;
        Bytes rgb, raw(static_cast<size_t>(crop.w) * static_cast<size_t>(crop.h) * 3), turned = raw;
        ASSERT_EQ(OCT_OK, decode(file, crop, flip, crop.w, crop.h, rgb)) << oct_last_error();
        ASSERT_EQ(OCT_OK, oct_resize(expected.data(), out_w, out_h, 1, crop.x, crop.y, crop.w, crop.h, flip, crop.w, crop.h, raw.data()));
        ASSERT_EQ(raw, rgb) << crop.w << "x" << crop.h << " at " << crop.x << "," << crop.y;
        ASSERT_EQ(OCT_OK,
                  oct_resize(stored.data(), w, h, orientation, crop.x, crop.y, crop.w, crop.h, flip, crop.w, crop.h, turned.data()));
        ASSERT_EQ(raw, turned);
        // Resized, too: columns and rows change places in the sums, so that a rounding may fall to the other side.
        Bytes small(19 * 11 * 3), other = small;
        ASSERT_EQ(OCT_OK, oct_resize(expected.data(), out_w, out_h, 1, crop.x, crop.y, crop.w, crop.h, flip, 19, 11, small.data()));
        ASSERT_EQ(OCT_OK, oct_resize(stored.data(), w, h, orientation, crop.x, crop.y, crop.w, crop.h, flip, 19, 11, other.data()));
        for (size_t i = 0; i < small.size(); ++i) ASSERT_NEAR(small[i], other[i], 1) << i;
      }
      Bytes rgb;
      EXPECT_EQ(OCT_INVALID_ARGUMENT, decode(file, {0, 0, out_w + 1, out_h}, false, 4, 4, rgb));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Exif, Orientations, testing::Range(1, 9));

TEST(Exif, MalformedDataMeanUpright) {
  const Bytes plain = encode(40, 33, kBaseline);
  const Decoded expected = decode_whole(plain);
  const Bytes good = exif(true, 6);
  std::vector<Bytes> blocks{exif(true, 0),
                            exif(true, 9),
                            exif(false, 65535),
                            exif(true, 6, 2),
                            exif(true, 6, 3, 0x113),
                            exif(true, 6, 3, 0x112, 0xfffffff0),
                            exif(true, 6, 3, 0x112, 9),
                            exif(false, 0xffffffff, 4),
                            exif(true, 6, 3, 0x112, 8, 1),
                            {}};
  for (size_t n = 0; n < good.size() - 6; ++n) blocks.emplace_back(good.begin(), good.begin() + static_cast<ptrdiff_t>(n));
  for (const Bytes& block : blocks) {
    const bool complete = block.size() >= 6 + 8 + 2 + 12 + 10;  // the value is there
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[std::max<size_t>(1, block.size())]);
    std::copy(block.begin(), block.end(), exact.get());
    const int32_t value = oct_exif_orientation(exact.get(), block.size());
    if (block.size() < good.size() && complete) continue;
    EXPECT_EQ(1, value) << block.size();
    const Decoded actual = decode_whole(insert(plain, 2, segment(0xe1, block)));
    ASSERT_EQ(OCT_OK, actual.status) << oct_last_error();
    EXPECT_EQ(expected.rgb, actual.rgb);
  }
  EXPECT_EQ(1, oct_exif_orientation(nullptr, 0));
  EXPECT_EQ(6, oct_exif_orientation(good.data(), good.size()));
  EXPECT_EQ(6, oct_exif_orientation(good.data() + 6, good.size() - 6));  // as PNG and WebP hold it
  const Bytes as_long = exif(false, 8, 4);
  EXPECT_EQ(8, oct_exif_orientation(as_long.data(), as_long.size()));
}

TEST(Exif, DamagedDataNeverCrashAndTheFirstBlockCounts) {
  std::mt19937 random(9);
  const Bytes good = exif(false, 8, 3, 0x112, 8, 60000);
  for (int trial = 0; trial < 20000; ++trial) {
    Bytes damaged = good;
    for (int i = 0; i < 1 + trial % 3; ++i) damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[damaged.size()]);
    std::copy(damaged.begin(), damaged.end(), exact.get());
    const int32_t value = oct_exif_orientation(exact.get(), damaged.size());
    ASSERT_TRUE(value >= 1 && value <= 8);
  }
  const Bytes plain = encode(40, 33, kBaseline);
  const Bytes two = insert(insert(plain, 2, segment(0xe1, exif(true, 3))), 2, segment(0xe1, exif(true, 6)));
  int width, height;
  ASSERT_EQ(OCT_OK, oct_jpeg_size(two.data(), two.size(), &width, &height));
  EXPECT_EQ(33, width);
}

TEST(Exif, OrientationsOutsideOneToEightAreRefusedOfRawPixels) {
  uint8_t pixel[3] = {};
  for (const int orientation : {0, 9, -1}) {
    EXPECT_EQ(OCT_INVALID_ARGUMENT, oct_resize(pixel, 1, 1, orientation, 0, 0, 1, 1, 0, 1, 1, pixel));
    EXPECT_NE(nullptr, strstr(oct_last_error(), "must be in [1,8]"));
  }
}

}  // namespace
