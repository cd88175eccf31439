// Copies of image parts ("strips") in the order in which the tile kernels read them. Everything is in 32-bit words: a float,
// or two bf16 values for vdpbf16ps. A strip has its padding as zeros, so the tile kernels know no borders, and its pixels lie densely:
// read in place, pixels C 4 bytes apart (4096 for C = 1024) would fall into the same few sets of the L1 cache.
#pragma once
#include "grouped_conv_plan.h"

OCT_KERNEL_BEGIN

/// What a word holds.
enum class Words {
  kFloats,        ///< one value as a float
  kChannelPairs,  ///< bf16 values of channels 2i (low half) and 2i+1 of a pixel
  kPixelPairs     ///< bf16 values of a channel at a pixel (low half) and at the pixel `pair_step` further
};

/// Part of an image [height, width, channels]: rows x columns x [channel, channel + channel_count); positions outside are padding.
struct Part {
  int64_t height, width, channels;
  Range rows, columns;
  int64_t channel, channel_count;
};

static inline void copy_channels(float* to, const float* from, int64_t count) {
  __builtin_memcpy(to, from, static_cast<size_t>(count) * 4);
}
static inline void copy_channels(float* to, const bf16* from, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, load(from + i));
  for (; i < count; ++i) to[i] = to_float(from[i]);
}
static inline void clear_words(float* to, int64_t count) { __builtin_memset(to, 0, static_cast<size_t>(count) * 4); }

/// strip[row][column][pixel_words]: the channels of each pixel as floats, then zeros.
template <class T>
static void pack_floats(const T* image, const Part& part, float* strip, int64_t pixel_words) {
  const int64_t row_words = part.columns.size() * pixel_words;
  for (int64_t h = part.rows.begin; h < part.rows.end; ++h, strip += row_words) {
    const Range inside{max_of(part.columns.begin, 0), min_of(part.columns.end, part.width)};
    if (h < 0 || h >= part.height || inside.size() == 0) {
      clear_words(strip, row_words);
      continue;
    }
    float* to = strip + (inside.begin - part.columns.begin) * pixel_words;
    clear_words(strip, to - strip);
    const T* from = image + (h * part.width + inside.begin) * part.channels + part.channel;
    if (part.channel_count == kLanes && pixel_words == kLanes) {
      for (int64_t w = 0; w < inside.size(); ++w, to += kLanes, from += part.channels) store(to, load(from));
    } else {
      for (int64_t w = 0; w < inside.size(); ++w, to += pixel_words, from += part.channels) {
        copy_channels(to, from, part.channel_count);
        clear_words(to + part.channel_count, pixel_words - part.channel_count);
      }
    }
    clear_words(to, strip + row_words - to);
  }
}

/// strip[row][column][pixel_words]: the channels of each pixel in pairs, then zeros.
static inline void pack_channel_pairs(const bf16* image, const Part& part, float* strip, int64_t pixel_words) {
  const int64_t row_words = part.columns.size() * pixel_words;
  const size_t used = static_cast<size_t>(part.channel_count) * 2;
  const size_t unused = static_cast<size_t>(pixel_words) * 4 - used;
  for (int64_t h = part.rows.begin; h < part.rows.end; ++h, strip += row_words) {
    const Range inside{max_of(part.columns.begin, 0), min_of(part.columns.end, part.width)};
    if (h < 0 || h >= part.height || inside.size() == 0) {
      clear_words(strip, row_words);
      continue;
    }
    float* to = strip + (inside.begin - part.columns.begin) * pixel_words;
    clear_words(strip, to - strip);
    const bf16* from = image + (h * part.width + inside.begin) * part.channels + part.channel;
    if (used == kLanes * 4 && unused == 0) {
      for (int64_t w = 0; w < inside.size(); ++w, to += kLanes, from += part.channels) __builtin_memcpy(to, from, kLanes * 4);
    } else {
      for (int64_t w = 0; w < inside.size(); ++w, to += pixel_words, from += part.channels) {
        __builtin_memcpy(to, from, used);
        __builtin_memset(reinterpret_cast<char*>(to) + used, 0, unused);
      }
    }
    clear_words(to, strip + row_words - to);
  }
}

static inline vf zip(const bf16* low, const bf16* high) {
  const vu low_bits = __builtin_convertvector(*reinterpret_cast<const vh_unaligned*>(low), vu);
  const vu high_bits = __builtin_convertvector(*reinterpret_cast<const vh_unaligned*>(high), vu);
  return reinterpret_cast<vf>(low_bits | high_bits << 16);
}

/// Words of `count` channels from two pixels, either of which may be padding (null).
static inline void zip_pixels(float* to, const bf16* low, const bf16* high, int64_t count) {
  int64_t i = 0;
  if (low != nullptr && high != nullptr) {
    for (; i + kLanes <= count; i += kLanes) store(to + i, zip(low + i, high + i));
  }
  for (; i < count; ++i) {
    const uint32_t word = (low == nullptr ? 0u : low[i].bits) | (high == nullptr ? 0u : static_cast<uint32_t>(high[i].bits) << 16);
    __builtin_memcpy(to + i, &word, 4);
  }
}

/// strip[row][position][pixel_words], position i of columns.begin + i column_step: the value there and the one pair_step further.
static inline void pack_pixel_pairs(const bf16* image, const Part& part, int64_t positions, int64_t column_step, int64_t pair_step,
                                    float* strip, int64_t pixel_words) {
  const int64_t end = min_of(part.width, part.columns.end);
  for (int64_t h = part.rows.begin; h < part.rows.end; ++h) {
    if (h < 0 || h >= part.height) {
      clear_words(strip, positions * pixel_words);
      strip += positions * pixel_words;
      continue;
    }
    const bf16* row = image + h * part.width * part.channels + part.channel;
    const int64_t pair = pair_step * part.channels;
    int64_t i = 0;
    const auto edge = [&](int64_t to) {
      for (; i < to; ++i, strip += pixel_words) {
        const int64_t w = part.columns.begin + i * column_step;
        const bf16* pixel = row + w * part.channels;
        const bool low = w >= 0 && w < end, high = w + pair_step >= 0 && w + pair_step < end;
        zip_pixels(strip, low ? pixel : nullptr, high ? pixel + pair : nullptr, part.channel_count);
        clear_words(strip + part.channel_count, pixel_words - part.channel_count);
      }
    };
    // Both pixels of positions [first, last) are inside.
    const int64_t first = min_of(max_of(ceil_div(-part.columns.begin, column_step), 0), positions);
    const int64_t inside = end - pair_step - part.columns.begin;
    const int64_t last = min_of(max_of(inside <= 0 ? 0 : ceil_div(inside, column_step), first), positions);
    edge(first);
    if (part.channel_count == kLanes && pixel_words == kLanes) {
      const bf16* pixel = row + (part.columns.begin + i * column_step) * part.channels;
      for (; i < last; ++i, strip += kLanes, pixel += column_step * part.channels) store(strip, zip(pixel, pixel + pair));
    }
    edge(positions);
  }
}

OCT_KERNEL_END
