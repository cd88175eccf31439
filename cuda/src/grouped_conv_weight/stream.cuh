// How the tensor-core kernels of the weight gradient (3x3, strides 1 and 2, bf16) see images: as streams of pixels.
//
// All images are laid out in one line of positions f = (n image_rows + p) row + q: dy [n,p,q] at its position, zeros where q >= Q or
// p >= P. Each pair of parities (a, b) of the padded input is a stream with the same positions: x at the row p stride_h + a - padding_h and
// the column q stride_w + b - padding_w. Tap (r, s) then multiplies dy at f by x at f + (r / stride_h) row + s / stride_w of the stream
// (r % stride_h, s % stride_w): a shift that is the same for every f. So the sum over pixels runs over 16 consecutive positions at a time
// wherever rows end, however small the image; one zero column per row and one zero row per image are all that is wasted.
#pragma once
#include "grouped_conv/problem.h"
#include "runtime/launches.h"

namespace oct::cuda {

constexpr int kStagePixels = 32;    // positions that are loaded and multiplied between two barriers
constexpr int kStagesInFlight = 3;  // stages whose loads are under way
constexpr int kMaxStreams = 4;

struct PixelStreams {
  int32_t row, image_rows;      // positions of a row, rows of an image
  int32_t stages;               // of all positions
  int32_t halo_stages;          // stages that x is ahead of dy: the largest shift, rounded up
  int32_t ring;                 // positions of each x stream in shared memory
  int32_t streams;              // stride_h stride_w
  int32_t n, h, w, p, q, c, k;  // x [n,h,w,c], dy [n,p,q,k]
  int32_t stride_h, stride_w, padding_h, padding_w;
  int32_t channels, filters, groups;  // of one group: of x, of dy; groups
};

// Pixel of x, (n h + row) w + column, at a position of the stream (a, b); -1: zeros.
GPU_INLINE int32_t input_pixel(const PixelStreams& s, int32_t position, int32_t a, int32_t b) {
  const int32_t line = position / s.row, n = line / s.image_rows;
  const int32_t y = (line - n * s.image_rows) * s.stride_h + a - s.padding_h;
  const int32_t x = (position - line * s.row) * s.stride_w + b - s.padding_w;
  const bool inside = n < s.n && y >= 0 && y < s.h && x >= 0 && x < s.w;
  return inside ? (n * s.h + y) * s.w + x : -1;
}

GPU_INLINE int32_t gradient_pixel(const PixelStreams& s, int32_t position) {
  const int32_t line = position / s.row, n = line / s.image_rows;
  const int32_t p = line - n * s.image_rows, q = position - line * s.row;
  return n < s.n && p < s.p && q < s.q ? (n * s.p + p) * s.q + q : -1;
}

// Rows of pixels in shared memory are an odd number of 16-byte chunks apart: the 8 rows of an ldmatrix meet all banks.
constexpr int odd_pitch(int channels) { return (channels / 8 | 1) * 16; }

// The rings in shared memory, and the copies into them. Event e loads the x positions of stage e and the dy positions of stage
// e - halo_stages, counted from the block's first stage.
template <int Threads, int InputChannels, int GradientChannels>
struct PixelRings {
  static constexpr int kInputPitch = odd_pitch(InputChannels), kGradientPitch = odd_pitch(GradientChannels);
  static constexpr int kGradientRing = (kStagesInFlight + 1) * kStagePixels;

  unsigned char* input;                                // [streams][ring] pixels of kInputPitch bytes
  unsigned char* gradient;                             // [kGradientRing] pixels of kGradientPitch bytes
  int32_t (*table)[(kMaxStreams + 1) * kStagePixels];  // of two events: pixels to load, or -1

  static size_t bytes(int64_t streams, int64_t ring) {
    return static_cast<size_t>(streams * ring * kInputPitch + kGradientRing * kGradientPitch);
  }

  // Where the pixels of event e lie; e - halo_stages < 0 has no dy. first: the block's first stage.
  GPU_INLINE void locate(const PixelStreams& s, int32_t first, int32_t event) const {
    const int32_t stream = static_cast<int32_t>(threadIdx.x) / kStagePixels, lane = static_cast<int32_t>(threadIdx.x) % kStagePixels;
    if (stream > s.streams) return;
    int32_t pixel;
    if (stream < s.streams) {
      const int32_t a = stream / s.stride_w;
      pixel = input_pixel(s, (first + event) * kStagePixels + lane, a, stream - a * s.stride_w);
    } else {
      pixel = event < s.halo_stages ? -1 : gradient_pixel(s, (first + event - s.halo_stages) * kStagePixels + lane);
    }
    table[event & 1][threadIdx.x] = pixel;
  }

  // x and dy point at the block's first channels, of which input_channels and gradient_channels exist. input_at: ring position of the
  // event.
  GPU_INLINE void load(const PixelStreams& s, int32_t event, int32_t input_at, const gpu::bf16* x, int32_t input_channels,
                       const gpu::bf16* dy, int32_t gradient_channels) const {
    constexpr int kInputChunks = InputChannels / 8, kGradientChunks = GradientChannels / 8;
    const int32_t* pixels = table[event & 1];
    for (int32_t i = static_cast<int32_t>(threadIdx.x); i < s.streams * kStagePixels * kInputChunks; i += Threads) {
      const int32_t entry = i / kInputChunks, chunk = i - entry * kInputChunks;
      const int32_t stream = entry / kStagePixels, lane = entry % kStagePixels, pixel = pixels[entry];
      const bool zeros = pixel < 0 || chunk * 8 >= input_channels;
      gpu::cp_async_16(input + (stream * s.ring + input_at + lane) * kInputPitch + chunk * 16,
                       zeros ? x : x + static_cast<int64_t>(pixel) * s.c + chunk * 8, zeros ? 0 : 16);
    }
    if (event < s.halo_stages) return;
    pixels += s.streams * kStagePixels;
    const int32_t at = (event - s.halo_stages) % (kStagesInFlight + 1) * kStagePixels;
    for (int32_t i = static_cast<int32_t>(threadIdx.x); i < kStagePixels * kGradientChunks; i += Threads) {
      const int32_t lane = i / kGradientChunks, chunk = i - lane * kGradientChunks, pixel = pixels[lane];
      const bool zeros = pixel < 0 || chunk * 8 >= gradient_channels;
      gpu::cp_async_16(gradient + (at + lane) * kGradientPitch + chunk * 16,
                       zeros ? dy : dy + static_cast<int64_t>(pixel) * s.k + chunk * 8, zeros ? 0 : 16);
    }
  }

  // Calls multiply(ring position of the first x pixel, the stage's dy pixels) for each of `stages` stages from `first` on.
  template <class Multiply>
  GPU_INLINE void walk(const PixelStreams& s, int32_t first, int32_t stages, const gpu::bf16* x, int32_t input_channels,
                       const gpu::bf16* dy, int32_t gradient_channels, Multiply&& multiply) const {
    const int32_t events = stages + s.halo_stages;
    int32_t load_at = 0, multiply_at = 0, multiplied = 0;
    locate(s, first, 0);
    for (int32_t event = 0; event < events + kStagesInFlight; ++event) {
      gpu::cp_async_wait<kStagesInFlight - 1>();  // event - kStagesInFlight has landed
      __syncthreads();                            // every thread's copies of it, this event's table; the ring's oldest stage is free
      if (event < events) load(s, event, load_at, x, input_channels, dy, gradient_channels);
      gpu::cp_async_commit();
      if (event + 1 < events) locate(s, first, event + 1);
      load_at = load_at + kStagePixels == s.ring ? 0 : load_at + kStagePixels;
      if (event - kStagesInFlight < s.halo_stages) continue;
      multiply(multiply_at, gradient + multiplied % (kStagesInFlight + 1) * kStagePixels * kGradientPitch);
      multiply_at = multiply_at + kStagePixels == s.ring ? 0 : multiply_at + kStagePixels;
      ++multiplied;
    }
    gpu::cp_async_wait<0>();
  }
};

// position + shift within the ring; both are at most the ring.
GPU_INLINE int32_t ring_position(int32_t position, int32_t ring) {
  const uint32_t p = static_cast<uint32_t>(position), wrapped = p - static_cast<uint32_t>(ring);
  return static_cast<int32_t>(p < wrapped ? p : wrapped);
}

}  // namespace oct::cuda
