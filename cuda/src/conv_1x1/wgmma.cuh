// 1x1 convolutions of one group and stride 1 in bf16 on Hopper: TMA, mbarriers, wgmma.
#pragma once
#include "conv_1x1/fusion.cuh"

namespace oct::cuda {

constexpr int kWgmmaDepth = 64;                         // products per stage: 128 bytes, the width of the swizzle
constexpr int kWgmmaStages = 3;                         // two blocks per multiprocessor, so that one multiplies while the other stores
constexpr int kWgmmaThreads = 256;                      // two warp groups, 64 rows each; the first thread loads, too
constexpr int kWgmmaOperand = kTile * kWgmmaDepth * 2;  // bytes of one operand of one stage
constexpr size_t kWgmmaShared = static_cast<size_t>(kWgmmaStages) * 2 * kWgmmaOperand;

// The ring of stages in shared memory: a tile of x and one of the weight each. One thread fills it.
template <bool AcrossWeight>
struct Conv1x1Ring {
  unsigned char* stages;
  gpu::mbarrier *full, *empty;  // of each stage
  const gpu::TensorMap *x_map, *weight_map;
  int32_t first_row, first_column, steps;

  GPU_INLINE void init() const {
    for (int32_t stage = 0; stage < kWgmmaStages; ++stage) {
      gpu::mbarrier_init(&full[stage], 1);
      gpu::mbarrier_init(&empty[stage], 8);  // one arrival per warp
    }
    gpu::fence_mbarrier_init();
  }
  GPU_INLINE unsigned char* x(int32_t stage) const { return stages + stage * 2 * kWgmmaOperand; }
  GPU_INLINE unsigned char* weight(int32_t stage) const { return x(stage) + kWgmmaOperand; }

  GPU_INLINE void load(int32_t step, int32_t stage) const {
    unsigned char* b = weight(stage);
    gpu::mbarrier_arrive_expect(&full[stage], 2 * kWgmmaOperand);
    gpu::tma_load_2d(x(stage), x_map, step * kWgmmaDepth, first_row, &full[stage]);
    if constexpr (AcrossWeight) {
      gpu::tma_load_2d(b, weight_map, first_column, step * kWgmmaDepth, &full[stage]);
      gpu::tma_load_2d(b + kWgmmaOperand / 2, weight_map, first_column + 64, step * kWgmmaDepth, &full[stage]);
    } else {
      gpu::tma_load_2d(b, weight_map, step * kWgmmaDepth, first_column, &full[stage]);
    }
  }
  GPU_INLINE void load_first() const {
    gpu::prefetch_tensor_map(x_map);
    gpu::prefetch_tensor_map(weight_map);
    for (int32_t step = 0; step < kWgmmaStages && step < steps; ++step) load(step, step);
  }
  // Fills the stage that `step` has used with what comes a whole ring later, once every warp is done with it.
  GPU_INLINE void refill(int32_t step, int32_t stage, uint32_t parity) const {
    if (step + kWgmmaStages >= steps) return;
    gpu::mbarrier_wait(&empty[stage], parity);
    load(step + kWgmmaStages, stage);
  }
};

// The prologue on a warp group's 64 rows of x, when they have landed: 4 channels of every 8th row per thread.
GPU_INLINE void transform_rows(unsigned char* rows, int32_t group, int32_t step, int32_t depth, const Conv1x1Fusion& fusion,
                               gpu::mbarrier* full, uint32_t parity) {
  const int32_t thread = static_cast<int32_t>(threadIdx.x);
  const int32_t piece = thread % 16, channel = step * kWgmmaDepth + piece * 4, row = thread % 128 / 16;
  float scale[4], shift[4];
#pragma unroll
  for (int32_t i = 0; i < 4; ++i) {
    scale[i] = channel < depth ? fusion.scale[channel + i] : 0;
    shift[i] = channel < depth ? fusion.shift[channel + i] : 0;
  }
  gpu::mbarrier_wait(full, parity);
  unsigned char* at = rows + row * 128 + ((piece / 2 ^ row) << 4) + piece % 2 * 8;
#pragma unroll 2
  for (int32_t i = 0; i < 8; ++i) {
    const uint2 old = gpu::load8(at + i * 1024);
    gpu::store8(at + i * 1024,
                {transformed(old.x, scale, shift, fusion.relu != 0), transformed(old.y, scale + 2, shift + 2, fusion.relu != 0)});
  }
  gpu::fence_async_proxy();
  gpu::named_barrier_sync(1 + static_cast<uint32_t>(group), 128);
}

// Adds the products of one stage; they are under way on return.
template <bool AcrossWeight>
GPU_INLINE void multiply_stage(float (&d)[64], const unsigned char* a, const unsigned char* b) {
  gpu::wgmma_fence();
#pragma unroll
  for (int32_t k = 0; k < kWgmmaDepth / 16; ++k) {
    const uint64_t a_bits = gpu::wgmma_descriptor(a + k * 32, 16, 1024, gpu::Swizzle::bytes128);
    const uint64_t b_bits = AcrossWeight ? gpu::wgmma_descriptor(b + k * 2048, kWgmmaOperand / 2, 1024, gpu::Swizzle::bytes128)
                                         : gpu::wgmma_descriptor(b + k * 32, 16, 1024, gpu::Swizzle::bytes128);
    gpu::Wgmma<128, false, AcrossWeight>::run(d, a_bits, b_bits, true);
  }
  gpu::wgmma_commit();
}

// A warp group's sums plus the bias as bf16 into a tile of y in shared memory, rows kOutputPitch bytes apart.
GPU_INLINE void stage_sums(const float (&d)[64], unsigned char* tile, int32_t first_column, int32_t columns, const float* added) {
  const int32_t thread = static_cast<int32_t>(threadIdx.x), warp = thread / 32, lane = thread % 32;
  unsigned char* at = tile + (warp * 16 + lane / 4) * kOutputPitch + lane % 4 * 4;
#pragma unroll
  for (int32_t i = 0; i < 16; ++i) {
    const int32_t column = first_column + i * 8 + lane % 4 * 2;
    float bias[2] = {0, 0};
    if (added != nullptr && column < columns) {
      bias[0] = added[column];
      bias[1] = added[column + 1];
    }
    gpu::store4(at + i * 16, gpu::pack_bf16(d[4 * i] + bias[0], d[4 * i + 1] + bias[1]));
    gpu::store4(at + 8 * kOutputPitch + i * 16, gpu::pack_bf16(d[4 * i + 2] + bias[0], d[4 * i + 3] + bias[1]));
  }
}

// y [rows, columns] = x [rows, depth] by weight: [columns][depth], or with AcrossWeight [depth][columns]. x_map has boxes of 64 by 128
// rows; weight_map boxes of 64 by 128 of the columns, or (AcrossWeight) 64 columns by 64 of the depth, two per stage. What lies outside is
// zero. Prologue: a warp group transforms its 64 rows of x where they lie, while its products of the stage before are under way. Bound: one
// read of x and write of y, or 2 rows columns depth FLOPs.
template <bool AcrossWeight>
__global__ void __launch_bounds__(kWgmmaThreads, 2)
    conv_1x1_wgmma(const GPU_GRID_CONSTANT gpu::TensorMap x_map, const GPU_GRID_CONSTANT gpu::TensorMap weight_map, gpu::bf16* y,
                   int64_t rows, int32_t depth, int32_t columns, Conv1x1Fusion fusion) {
#if GPU_HAS_WGMMA
  GPU_SHARED(gpu::mbarrier, full, [kWgmmaStages]);
  GPU_SHARED(gpu::mbarrier, empty, [kWgmmaStages]);
  unsigned char* shared = gpu::dynamic_shared<unsigned char>();
  const int32_t column_tiles = gpu::ceil_div(columns, kTile);
  const int32_t row_tile = static_cast<int32_t>(blockIdx.x) / column_tiles;
  const int32_t first_row = row_tile * kTile, first_column = (static_cast<int32_t>(blockIdx.x) - row_tile * column_tiles) * kTile;
  const int32_t steps = gpu::ceil_div(depth, kWgmmaDepth);
  const int32_t thread = static_cast<int32_t>(threadIdx.x), warp = thread / 32, lane = thread % 32;
  const Conv1x1Ring<AcrossWeight> ring{shared, full, empty, &x_map, &weight_map, first_row, first_column, steps};

  if (thread == 0) ring.init();
  __syncthreads();
  if (thread == 0) ring.load_first();
  __syncwarp();

  float d[64] = {};
  const int32_t group = warp / 4;
  int32_t stage = 0, previous = 0;
  uint32_t round = 0;
  for (int32_t step = 0; step < steps; ++step) {
    unsigned char* a = ring.x(stage) + group * (kWgmmaOperand / 2);
    if (fusion.scale != nullptr) {
      transform_rows(a, group, step, depth, fusion, &full[stage], round & 1);
    } else {
      gpu::mbarrier_wait(&full[stage], round & 1);
    }
    multiply_stage<AcrossWeight>(d, a, ring.weight(stage));
    gpu::wgmma_wait<1>();  // the products of the stage before are done: it may be overwritten
    if (step > 0) {
      if (lane == 0) gpu::mbarrier_arrive(&empty[previous]);
      if (thread == 0) ring.refill(step - 1, previous, stage == 0 ? (round & 1) ^ 1 : round & 1);
      __syncwarp();
    }
    previous = stage;
    if (++stage == kWgmmaStages) {
      stage = 0;
      ++round;
    }
  }
  gpu::wgmma_wait<0>();

  __syncthreads();  // every product is done: the ring takes y
  stage_sums(d, shared, first_column, columns, fusion.bias);
  __syncthreads();
  store_output(shared, y, rows, columns, first_row, first_column, fusion);
#else
  __trap();  // its launcher sends it only to sm_90a
#endif
}

}  // namespace oct::cuda
