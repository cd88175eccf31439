// backward_weight of a grouped convolution with 1, 2, 4, 8 or 16 channels per group, 3x3, bf16.
#pragma once
#include "grouped_conv_weight/stream.cuh"

namespace oct::cuda {

constexpr int kPackedThreads = 256;
constexpr int kPackedChannels = 64;  // of a block: 128 bytes of every pixel
constexpr int kPackedSlots = 5;      // products of a warp for each 16 pixels

using PackedRings = PixelRings<kPackedThreads, kPackedChannels, kPackedChannels>;

// A block owns 64 channels of x and the same of dy, and the stages of its split; partial [splits][pitch] holds one dweight [K,3,3,C/G]
// each. Products are m16n8k16 with the pixels as the sum: x^T (through ldmatrix.trans) by dy. Sixteen = false: a warp owns 8 channels, rows
// are two taps by 8 channels of x, columns 8 channels of dy; of narrower groups only the diagonal blocks count. Sixteen: two warps own the
// 16 channels of a group, rows are the 16 channels of x at one tap, columns twice 8 of dy; one warp has taps 0 to 4, the other 5 to 8.
// Bound: one read of x and dy (the tensor cores are busy a sixth of that time; shared memory, 9/2 reads of x, about two thirds).
template <bool Sixteen>
__global__ void __launch_bounds__(kPackedThreads, Sixteen ? 2 : 3)
    grouped_conv_backward_weight_packed_groups(const gpu::bf16* x, const gpu::bf16* dy, PixelStreams s, float* partial, int64_t pitch) {
  GPU_SHARED(int32_t, table, [2][(kMaxStreams + 1) * kStagePixels]);
  unsigned char* shared = gpu::dynamic_shared<unsigned char>();
  const PackedRings rings{shared, shared + s.streams * s.ring * PackedRings::kInputPitch, table};
  const int32_t lane = static_cast<int32_t>(gpu::lane()), warp = static_cast<int32_t>(threadIdx.x) / 32;
  const int32_t first_channel = static_cast<int32_t>(blockIdx.x) * kPackedChannels;
  const int32_t first = static_cast<int32_t>(static_cast<int64_t>(s.stages) * blockIdx.y / gridDim.y);
  const int32_t end = static_cast<int32_t>(static_cast<int64_t>(s.stages) * (blockIdx.y + 1) / gridDim.y);

  // Lane 8 i + j addresses pixel j of matrix i of x^T: i / 2 is the half of the pixels, i % 2 the half of the rows.
  const int32_t pixel = (lane >> 4) * 8 + (lane & 7), half = lane >> 3 & 1;
  const int32_t first_tap = Sixteen ? (warp & 1) * kPackedSlots : 0;
  const int32_t chunk = Sixteen ? (warp & ~1) + half : warp;
  int32_t shift[kPackedSlots];   // positions that the slot's pixels are ahead of dy's
  int32_t stream[kPackedSlots];  // offset of the lane's chunk of its stream's first pixel, in bytes
#pragma unroll
  for (int32_t slot = 0; slot < kPackedSlots; ++slot) {
    const int32_t wanted = Sixteen ? first_tap + slot : 2 * slot + half;
    const int32_t tap = wanted < 9 ? wanted : 8;  // the tenth is computed and dropped
    const int32_t r = tap / 3, c = tap - r * 3;
    shift[slot] = pixel + r / s.stride_h * s.row + c / s.stride_w;
    stream[slot] = (r % s.stride_h * s.stride_w + c % s.stride_w) * s.ring * PackedRings::kInputPitch + chunk * 16;
  }
  // dy: 8 channels by 32 pixels, or 16 by 16.
  const int32_t gradient_at = Sixteen ? ((lane >> 3 & 1) * 8 + (lane & 7)) * PackedRings::kGradientPitch + ((warp & ~1) + (lane >> 4)) * 16
                                      : lane * PackedRings::kGradientPitch + warp * 16;

  constexpr int kColumns = Sixteen ? 2 : 1;
  float d[kPackedSlots][kColumns][4] = {};
  rings.walk(s, first, end - first, x + first_channel, s.c - first_channel, dy + first_channel, s.k - first_channel,
             [&](int32_t input_at, const unsigned char* gradient) {
               uint32_t g[4];
               if constexpr (!Sixteen) gpu::ldmatrix_x4<true>(g, gradient + gradient_at);
#pragma unroll
               for (int32_t step = 0; step < kStagePixels / 16; ++step) {
                 if constexpr (Sixteen) gpu::ldmatrix_x4<true>(g, gradient + gradient_at + step * 16 * PackedRings::kGradientPitch);
#pragma unroll
                 for (int32_t slot = 0; slot < kPackedSlots; ++slot) {
                   const int32_t at = ring_position(input_at + step * 16 + shift[slot], s.ring);
                   uint32_t a[4];
                   gpu::ldmatrix_x4<true>(a, rings.input + stream[slot] + at * PackedRings::kInputPitch);
                   if constexpr (Sixteen) {
                     gpu::mma_bf16(d[slot][0], a, {g[0], g[1]});
                     gpu::mma_bf16(d[slot][1], a, {g[2], g[3]});
                   } else {
                     gpu::mma_bf16(d[slot][0], a, {g[2 * step], g[2 * step + 1]});
                   }
                 }
               }
             });

  // Rows of d are lane / 4 and 8 more, columns 2 (lane % 4) and the next.
  float* to = partial + blockIdx.y * pitch;
#pragma unroll
  for (int32_t slot = 0; slot < kPackedSlots; ++slot) {
#pragma unroll
    for (int32_t i = 0; i < kColumns * 4; ++i) {
      const int32_t column = i / 4 * 8 + lane % 4 * 2 + i % 2, lower = i % 4 / 2;
      const int32_t tap = Sixteen ? first_tap + slot : 2 * slot + lower;
      const int32_t row = lane / 4 + (Sixteen ? lower * 8 : 0);
      const int32_t k = first_channel + (Sixteen ? warp & ~1 : warp) * 8 + column;
      if (tap > 8 || k >= s.k || row / s.channels != column / s.channels) continue;
      to[(static_cast<int64_t>(k) * 9 + tap) * s.channels + row % s.channels] = d[slot][i / 4][i % 4];
    }
  }
}

}  // namespace oct::cuda
