// Grouped convolutions with 128 and more channels per group, bf16, on Hopper: wgmma, weights by TMA, inputs from patches.
#pragma once
#include "grouped_conv/wide_block.cuh"

namespace oct::cuda {

// A block's tile: 128 positions, 64 per warp group, by Columns channels of one group; 64 input channels of it at a time.
template <int Columns>
struct WgmmaTile {
  static constexpr int kColumns = Columns;
  static constexpr int kWarpN = Columns;  // groups are made of whole tiles
  static constexpr int kDepth = 64;       // 128 bytes, the width of the swizzle
  static constexpr int kStages = 3;       // of weights: two blocks per multiprocessor up to 28 columns
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

// The ring of weights in shared memory: those of one step per stage, by TMA, swizzled. One thread fills it.
template <class Tile>
struct WgmmaWeights {
  unsigned char* stages;
  gpu::mbarrier *full, *empty;  // of each stage
  const gpu::TensorMap* map;
  int32_t first_column, steps;

  GPU_INLINE void init() const {
    for (int32_t stage = 0; stage < Tile::kStages; ++stage) {
      gpu::mbarrier_init(&full[stage], 1);
      gpu::mbarrier_init(&empty[stage], 8);  // one arrival per warp
    }
    gpu::fence_mbarrier_init();
    gpu::prefetch_tensor_map(map);
  }
  GPU_INLINE unsigned char* at(int32_t stage) const { return stages + stage * Tile::kStageBytes; }

  GPU_INLINE void load(const WideShape& s, WideCursor& loading, int32_t stage) const {
    gpu::mbarrier_arrive_expect(&full[stage], Tile::kStageBytes);
    gpu::tma_load_2d(at(stage), map, s.tap_weight[loading.tap] * s.channels + loading.first_channel, first_column, &full[stage]);
    loading.advance(s, Tile::kDepth);
  }
  // Fills the stage that `step` has used with what comes a whole ring later, once every warp is done with it.
  GPU_INLINE void refill(const WideShape& s, WideCursor& loading, int32_t step, int32_t stage, uint32_t parity) const {
    if (step + Tile::kStages >= steps) return;
    gpu::mbarrier_wait(&empty[stage], parity);
    load(s, loading, stage);
  }
};

// The patches of inputs in shared memory, by cp.async of all threads.
template <class Tile>
struct WgmmaPatches {
  unsigned char* buffers;
  const int32_t* in_pixel;
  int32_t first_column, bytes;  // of a patch

  GPU_INLINE unsigned char* of(const WideCursor& at) const { return buffers + at.buffer * bytes; }

  // Starts the copies of the patch that `next` is at, and moves it to the one after.
  GPU_INLINE void load(const WideShape& s, const gpu::bf16* in, WideCursor& next) const {
    if (next.first_channel >= s.channels) return;
    WideCopy(s, Tile::kDepth, first_column).load(s, in, next.first_channel, in_pixel + next.stream * s.patch, of(next), Tile::kPitch);
    next.tap = s.first_tap[next.stream + 1] - 1;
    next.advance(s, Tile::kDepth);
  }
  GPU_INLINE void transform(const WideShape& s, const WideFusion& fusion, const WideCursor& at) const {
    WideCopy(s, Tile::kDepth, first_column).transform(s, fusion, at.first_channel, in_pixel + at.stream * s.patch, of(at), Tile::kPitch);
  }
};

// Adds the products of one step, when its weights have landed; they are under way on return, and read the registers of a.
template <class Tile>
GPU_INLINE void multiply_step(float (&d)[Tile::kColumns / 2], uint32_t (&a)[Tile::kDepth / 16][4], const unsigned char* inputs,
                              const unsigned char* weights, gpu::mbarrier* full, uint32_t parity) {
#pragma unroll
  for (int32_t k = 0; k < Tile::kDepth / 16; ++k) gpu::ldmatrix_x4(a[k], inputs + k * 32);
  gpu::mbarrier_wait(full, parity);
  gpu::wgmma_fence();
#pragma unroll
  for (int32_t k = 0; k < Tile::kDepth / 16; ++k) {
    const uint64_t b = gpu::wgmma_descriptor(weights + k * 32, 16, 1024, gpu::Swizzle::bytes128);
    gpu::Wgmma<Tile::kColumns, false, false>::run(d, a[k], b, true);
  }
  gpu::wgmma_commit();
}

// A warp group's sums plus the bias as bf16 into a tile of outputs in shared memory.
template <class Tile>
GPU_INLINE void stage_sums(const float (&d)[Tile::kColumns / 2], unsigned char* tile, int32_t first_column, const float* added) {
  const int32_t thread = static_cast<int32_t>(threadIdx.x), warp = thread / 32, lane = thread % 32;
  unsigned char* at = tile + (warp * 16 + lane / 4) * Tile::kOutputPitch + lane % 4 * 4;
#pragma unroll
  for (int32_t i = 0; i < Tile::kColumns / 8; ++i) {
    const int32_t column = first_column + i * 8 + lane % 4 * 2;
    float bias[2] = {0, 0};
    if (added != nullptr) {
      bias[0] = added[column];
      bias[1] = added[column + 1];
    }
    gpu::store4(at + i * 16, gpu::pack_bf16(d[4 * i] + bias[0], d[4 * i + 1] + bias[1]));
    gpu::store4(at + 8 * Tile::kOutputPitch + i * 16, gpu::pack_bf16(d[4 * i + 2] + bias[0], d[4 * i + 3] + bias[1]));
  }
}

// A step is one tap and 64 channels. The weights of a step come by TMA, swizzled, into a ring; a patch of inputs is copied by all threads
// while the one before it is multiplied, and is read by ldmatrix at the tap's shift: a shift of pixels is not a multiple of the 8 rows that
// a descriptor of shared memory counts in, so inputs go to wgmma in registers. Between patches the warp groups run free of each other; with
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
  unsigned char* shared = gpu::dynamic_shared<unsigned char>();
  const int64_t table_at = Tile::bytes(s.patch, s.buffers, s.streams, 1) - (s.streams * s.patch + kWideRows) * 4;
  int32_t* in_pixel = reinterpret_cast<int32_t*>(shared + table_at);
  int32_t* out_pixel = in_pixel + s.streams * s.patch;
  const int32_t steps = s.first_tap[s.streams] * (s.channels / Tile::kDepth);
  const WgmmaWeights<Tile> weights{shared, full, empty, &weight_map, first_column, steps};
  const WgmmaPatches<Tile> patches{shared + Tile::kStages * Tile::kStageBytes, in_pixel, first_column, s.patch * Tile::kPitch};
  if (thread == 0) weights.init();
  locate_pixels(s, row_tile * kWideRows, in_pixel, out_pixel);
  __syncthreads();

  WideCursor loading, computing, next_patch;
  if (thread == 0) {
    for (int32_t step = 0; step < Tile::kStages && step < steps; ++step) weights.load(s, loading, step);
  }
  __syncwarp();
  if (steps > 0) patches.load(s, in, next_patch);
  gpu::cp_async_commit();

  float d[Columns / 2] = {};
  const int32_t a_at = (warp * 16 + lane % 16) * Tile::kPitch + lane / 16 * 16;
  int32_t stage = 0, previous = 0;
  uint32_t round = 0;
  for (int32_t step = 0; step < steps; ++step) {
    if (computing.starts_patch(s)) {
      gpu::cp_async_wait<0>();
      if constexpr (Fused) {
        if (fusion.scale != nullptr) patches.transform(s, fusion, computing);
      }
      __syncthreads();  // every thread's copies; the patch before this one has been read
      patches.load(s, in, next_patch);
      gpu::cp_async_commit();
    }
    const unsigned char* inputs = patches.of(computing) + s.tap_shift[computing.tap] * Tile::kPitch + a_at;
    uint32_t a[Tile::kDepth / 16][4];
    multiply_step<Tile>(d, a, inputs, weights.at(stage), &full[stage], round & 1);
    // The stage before is free of this warp's group since its products were waited for; the first thread refills it when all have.
    if (step > 0) {
      if (lane == 0) gpu::mbarrier_arrive(&empty[previous]);
      if (thread == 0) weights.refill(s, loading, step - 1, previous, stage == 0 ? (round & 1) ^ 1 : round & 1);
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

  stage_sums<Tile>(d, shared, first_column, fusion.bias);
  __syncthreads();
  store_wide_tile<Columns, Fused>(s, shared, out_pixel, row_tile, first_column, out, fusion,
                                  reinterpret_cast<float4*>(shared + Tile::kOutputBytes));
#else
  __trap();  // its launcher sends it only to sm_90a
#endif
}

}  // namespace oct::cuda
