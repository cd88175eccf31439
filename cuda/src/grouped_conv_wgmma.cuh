// Grouped convolutions with 128 and more channels a group, bf16, on Hopper: wgmma, weights by TMA, inputs from patches.
#pragma once
#include "grouped_conv_wide_block.cuh"

namespace oct::cuda {

// A block's tile: 128 positions, 64 a warp group, by Columns channels of one group; 64 input channels of it at a time.
template <int Columns>
struct WgmmaTile {
  static constexpr int kColumns = Columns;
  static constexpr int kWarpN = Columns;  // groups are made of whole tiles
  static constexpr int kDepth = 64;       // 128 bytes, the width of the swizzle
  static constexpr int kStages = 3;       // of weights: two blocks a multiprocessor up to 28 columns
  static constexpr int kAhead = 1;        // steps that a patch is loaded before its first one: two buffers
  static constexpr int kStageBytes = Columns * kDepth * 2;
  static constexpr int kPitch = kDepth * 2 + 16;  // of a pixel in a patch: the 8 rows of an ldmatrix meet all banks
  static constexpr int kOutputPitch = Columns * 2 + 16, kOutputBytes = kWideRows * kOutputPitch;
  static constexpr int kMomentBytes = 4 * Columns * static_cast<int>(sizeof(float4));

  static __host__ __device__ constexpr int64_t bytes(int64_t patch, int64_t buffers, int64_t streams, int32_t) {
    const int64_t ring = kStages * kStageBytes + buffers * patch * kPitch;
    const int64_t epilogue = kOutputBytes + kMomentBytes;
    return (ring > epilogue ? ring : epilogue) + (streams * patch + kWideRows) * 4;
  }
};

// A step is one tap and 64 channels. The weights of a step come by TMA, swizzled, into a ring; a patch of inputs is copied by all threads
// while the one before it is multiplied, and is read by ldmatrix at the tap's shift: a shift of pixels is no multiple of the 8 rows that a
// descriptor of shared memory counts in, so inputs go to wgmma in registers. Between patches the warp groups run free of each other; with
// two blocks there are four of them on a multiprocessor, one of which loads while another multiplies. weight_map: [out_c][taps channels] in
// boxes of Columns by 64. Bound: 2 M K R S C/G FLOPs at the rate of wgmma; 16 clocks of ldmatrix beside Columns / 2 of each wgmma.
template <int Columns, bool Fused>
__global__ void __launch_bounds__(kWideThreads, 2)
    grouped_conv_wgmma(const gpu::bf16* in, const GPU_GRID_CONSTANT gpu::TensorMap weight_map, gpu::bf16* out,
                       const GPU_GRID_CONSTANT WideShape s, WideFusion fusion) {
#if GPU_HAS_WGMMA
  using Tile = WgmmaTile<Columns>;
  GPU_SHARED(gpu::mbarrier, full, [Tile::kStages]);
  GPU_SHARED(gpu::mbarrier, empty, [Tile::kStages]);
  const int32_t thread = static_cast<int32_t>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int32_t row_tile = static_cast<int32_t>(blockIdx.x) / s.column_tiles;
  const int32_t first_column = (static_cast<int32_t>(blockIdx.x) - row_tile * s.column_tiles) * Columns;
  const int32_t patch_bytes = s.patch * Tile::kPitch;
  unsigned char* weights = gpu::dynamic_shared<unsigned char>();
  unsigned char* patches = weights + Tile::kStages * Tile::kStageBytes;
  const int64_t table_at = Tile::bytes(s.patch, s.buffers, s.streams, 1) - (s.streams * s.patch + kWideRows) * 4;
  int32_t* in_pixel = reinterpret_cast<int32_t*>(weights + table_at);
  int32_t* out_pixel = in_pixel + s.streams * s.patch;
  if (thread == 0) {
    for (int32_t stage = 0; stage < Tile::kStages; ++stage) {
      gpu::mbarrier_init(&full[stage], 1);
      gpu::mbarrier_init(&empty[stage], 8);  // one arrival a warp
    }
    gpu::fence_mbarrier_init();
    gpu::prefetch_tensor_map(&weight_map);
  }
  locate_pixels(s, row_tile * kWideRows, in_pixel, out_pixel);
  __syncthreads();

  const int32_t steps = s.first_tap[s.streams] * (s.channels / Tile::kDepth);
  WideCursor loading, computing, next_patch;
  const auto load_weights = [&](int32_t stage) {  // by one thread
    gpu::mbarrier_arrive_expect(&full[stage], Tile::kStageBytes);
    gpu::tma_load_2d(weights + stage * Tile::kStageBytes, &weight_map, s.tap_weight[loading.tap] * s.channels + loading.first_channel,
                     first_column, &full[stage]);
    loading.advance(s, Tile::kDepth);
  };
  const auto load_patch = [&] {
    if (next_patch.first_channel >= s.channels) return;
    WideCopy(s, Tile::kDepth, first_column)
        .load(s, in, next_patch.first_channel, in_pixel + next_patch.stream * s.patch, patches + next_patch.buffer * patch_bytes,
              Tile::kPitch);
    next_patch.tap = s.first_tap[next_patch.stream + 1] - 1;
    next_patch.advance(s, Tile::kDepth);
  };
  if (thread == 0) {
    for (int32_t step = 0; step < Tile::kStages && step < steps; ++step) load_weights(step);
  }
  __syncwarp();
  if (steps > 0) load_patch();
  gpu::cp_async_commit();

  float d[Columns / 2] = {};
  const int32_t a_at = (warp * 16 + lane % 16) * Tile::kPitch + lane / 16 * 16;
  int32_t stage = 0, previous = 0;
  uint32_t round = 0;
  for (int32_t step = 0; step < steps; ++step) {
    if (computing.starts_patch(s)) {
      gpu::cp_async_wait<0>();
      if constexpr (Fused) {
        if (fusion.scale != nullptr) {
          WideCopy(s, Tile::kDepth, first_column)
              .transform(s, fusion, computing.first_channel, in_pixel + computing.stream * s.patch,
                         patches + computing.buffer * patch_bytes, Tile::kPitch);
        }
      }
      __syncthreads();  // everybody's copies; the patch before this one has been read
      load_patch();
      gpu::cp_async_commit();
    }
    const unsigned char* a_from = patches + computing.buffer * patch_bytes + s.tap_shift[computing.tap] * Tile::kPitch + a_at;
    uint32_t a[Tile::kDepth / 16][4];
#pragma unroll
    for (int32_t k = 0; k < Tile::kDepth / 16; ++k) gpu::ldmatrix_x4(a[k], a_from + k * 32);
    gpu::mbarrier_wait(&full[stage], round & 1);
    gpu::wgmma_fence();
#pragma unroll
    for (int32_t k = 0; k < Tile::kDepth / 16; ++k) {
      const uint64_t b = gpu::wgmma_descriptor(weights + stage * Tile::kStageBytes + k * 32, 16, 1024, gpu::Swizzle::bytes128);
      gpu::Wgmma<Columns, false, false>::run(d, a[k], b, true);
    }
    gpu::wgmma_commit();
    // The stage before is free of this warp's group since its products were waited for; the first thread refills it when all say so.
    if (step > 0) {
      if (lane == 0) gpu::mbarrier_arrive(&empty[previous]);
      if (thread == 0 && step - 1 + Tile::kStages < steps) {
        gpu::mbarrier_wait(&empty[previous], stage == 0 ? (round & 1) ^ 1 : round & 1);
        load_weights(previous);
      }
      __syncwarp();
    }
    gpu::wgmma_wait<0>();  // the registers of a are read until then
    computing.advance(s, Tile::kDepth);
    previous = stage;
    if (++stage == Tile::kStages) {
      stage = 0;
      ++round;
    }
  }
  gpu::cp_async_wait<0>();
  __syncthreads();  // every product is done: the ring takes the outputs

  unsigned char* tile = weights;
  unsigned char* at = tile + (warp * 16 + lane / 4) * Tile::kOutputPitch + lane % 4 * 4;
#pragma unroll
  for (int32_t i = 0; i < Columns / 8; ++i) {
    const int32_t column = first_column + i * 8 + lane % 4 * 2;
    float bias[2] = {0, 0};
    if (fusion.bias != nullptr) {
      bias[0] = fusion.bias[column];
      bias[1] = fusion.bias[column + 1];
    }
    gpu::store4(at + i * 16, gpu::pack_bf16(d[4 * i] + bias[0], d[4 * i + 1] + bias[1]));
    gpu::store4(at + 8 * Tile::kOutputPitch + i * 16, gpu::pack_bf16(d[4 * i + 2] + bias[0], d[4 * i + 3] + bias[1]));
  }
  __syncthreads();
  store_wide_tile<Columns, Fused>(s, tile, out_pixel, row_tile, first_column, out, fusion,
                                  reinterpret_cast<float4*>(tile + Tile::kOutputBytes));
#else
  __trap();  // its launcher sends it to sm_90a alone
#endif
}

}  // namespace oct::cuda
