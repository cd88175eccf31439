// 1x1 convolutions of one group and stride 1 in bf16 on Hopper: TMA, mbarriers, wgmma.
#pragma once
#include "conv_1x1_fusion.cuh"

namespace oct::cuda {

constexpr int kWgmmaDepth = 64;                         // products a stage: 128 bytes, the width of the swizzle
constexpr int kWgmmaStages = 3;                         // two blocks a multiprocessor, so that one multiplies while the other stores
constexpr int kWgmmaThreads = 256;                      // two warp groups, 64 rows each; the first thread loads, too
constexpr int kWgmmaOperand = kTile * kWgmmaDepth * 2;  // bytes of one operand of one stage
constexpr size_t kWgmmaShared = static_cast<size_t>(kWgmmaStages) * 2 * kWgmmaOperand;

// y [rows, columns] = x [rows, depth] by weight: [columns][depth], or with AcrossWeight [depth][columns]. x_map has boxes of 64 by 128
// rows; weight_map boxes of 64 by 128 of the columns, or (AcrossWeight) 64 columns by 64 of the depth, two a stage. What lies outside is
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

  if (thread == 0) {
    for (int32_t stage = 0; stage < kWgmmaStages; ++stage) {
      gpu::mbarrier_init(&full[stage], 1);
      gpu::mbarrier_init(&empty[stage], 8);  // one arrival a warp
    }
    gpu::fence_mbarrier_init();
  }
  __syncthreads();

  const auto load = [&](int32_t step, int32_t stage) {
    unsigned char* a = shared + stage * 2 * kWgmmaOperand;
    unsigned char* b = a + kWgmmaOperand;
    gpu::mbarrier_arrive_expect(&full[stage], 2 * kWgmmaOperand);
    gpu::tma_load_2d(a, &x_map, step * kWgmmaDepth, first_row, &full[stage]);
    if constexpr (AcrossWeight) {
      gpu::tma_load_2d(b, &weight_map, first_column, step * kWgmmaDepth, &full[stage]);
      gpu::tma_load_2d(b + kWgmmaOperand / 2, &weight_map, first_column + 64, step * kWgmmaDepth, &full[stage]);
    } else {
      gpu::tma_load_2d(b, &weight_map, step * kWgmmaDepth, first_column, &full[stage]);
    }
  };
  if (thread == 0) {
    gpu::prefetch_tensor_map(&x_map);
    gpu::prefetch_tensor_map(&weight_map);
    for (int32_t step = 0; step < kWgmmaStages && step < steps; ++step) load(step, step);
  }
  __syncwarp();

  float d[64] = {};
  const int32_t group = warp / 4;
  int32_t stage = 0, previous = 0;
  uint32_t round = 0;
  for (int32_t step = 0; step < steps; ++step) {
    unsigned char* a = shared + stage * 2 * kWgmmaOperand + group * (kWgmmaOperand / 2);
    const unsigned char* b = shared + stage * 2 * kWgmmaOperand + kWgmmaOperand;
    if (fusion.scale != nullptr) {
      // 4 channels of every 8th row a thread.
      const int32_t piece = thread % 16, channel = step * kWgmmaDepth + piece * 4, row = thread % 128 / 16;
      float scale[4], shift[4];
#pragma unroll
      for (int32_t i = 0; i < 4; ++i) {
        scale[i] = channel < depth ? fusion.scale[channel + i] : 0;
        shift[i] = channel < depth ? fusion.shift[channel + i] : 0;
      }
      gpu::mbarrier_wait(&full[stage], round & 1);
      unsigned char* at = a + row * 128 + ((piece / 2 ^ row) << 4) + piece % 2 * 8;
#pragma unroll 2
      for (int32_t i = 0; i < 8; ++i) {
        const uint2 old = gpu::load8(at + i * 1024);
        gpu::store8(at + i * 1024,
                    {transformed(old.x, scale, shift, fusion.relu != 0), transformed(old.y, scale + 2, shift + 2, fusion.relu != 0)});
      }
      gpu::fence_async_proxy();
      gpu::named_barrier_sync(1 + static_cast<uint32_t>(group), 128);
    } else {
      gpu::mbarrier_wait(&full[stage], round & 1);
    }
    gpu::wgmma_fence();
#pragma unroll
    for (int32_t k = 0; k < kWgmmaDepth / 16; ++k) {
      const uint64_t a_bits = gpu::wgmma_descriptor(a + k * 32, 16, 1024, gpu::Swizzle::bytes128);
      const uint64_t b_bits = AcrossWeight ? gpu::wgmma_descriptor(b + k * 2048, kWgmmaOperand / 2, 1024, gpu::Swizzle::bytes128)
                                           : gpu::wgmma_descriptor(b + k * 32, 16, 1024, gpu::Swizzle::bytes128);
      gpu::Wgmma<128, false, AcrossWeight>::run(d, a_bits, b_bits, true);
    }
    gpu::wgmma_commit();
    gpu::wgmma_wait<1>();  // the products of the stage before are done: it may be overwritten
    if (step > 0) {
      if (lane == 0) gpu::mbarrier_arrive(&empty[previous]);
      if (thread == 0 && step - 1 + kWgmmaStages < steps) {
        gpu::mbarrier_wait(&empty[previous], stage == 0 ? (round & 1) ^ 1 : round & 1);
        load(step - 1 + kWgmmaStages, previous);
      }
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
  unsigned char* at = shared + (warp * 16 + lane / 4) * kOutputPitch + lane % 4 * 4;
#pragma unroll
  for (int32_t i = 0; i < 16; ++i) {
    const int32_t column = first_column + i * 8 + lane % 4 * 2;
    float bias[2] = {0, 0};
    if (fusion.bias != nullptr && column < columns) {
      bias[0] = fusion.bias[column];
      bias[1] = fusion.bias[column + 1];
    }
    gpu::store4(at + i * 16, gpu::pack_bf16(d[4 * i] + bias[0], d[4 * i + 1] + bias[1]));
    gpu::store4(at + 8 * kOutputPitch + i * 16, gpu::pack_bf16(d[4 * i + 2] + bias[0], d[4 * i + 3] + bias[1]));
  }
  __syncthreads();
  store_output(shared, y, rows, columns, first_row, first_column, fusion);
#else
  __trap();  // its launcher sends it to sm_90a alone
#endif
}

}  // namespace oct::cuda
