// Planted: warp operations of lanes that do not take part, or take part in another one.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

template <bool Bug>
__global__ void full_mask_in_a_branch(float* y) {
  float v = 1.0f;
  if (!Bug || threadIdx.x < 20) v += __shfl_xor_sync(gpu::all_lanes, v, 1);  // here: full_mask_in_a_branch
  y[threadIdx.x] = v;
}

template <bool Bug>
__global__ void different_shuffles(float* y) {
  float v = 1.0f;
  if (Bug && threadIdx.x % 2) {
    v += __shfl_xor_sync(gpu::all_lanes, v, 1);  // here: different_shuffles other: different_shuffles
  } else {
    v += __shfl_xor_sync(gpu::all_lanes, v, 2);  // here: different_shuffles other: different_shuffles
  }
  y[threadIdx.x] = v;
}

template <bool Bug>
__global__ void lane_not_in_mask(float* y) {
  const uint32_t mask = Bug ? 0x0000ffffu : gpu::all_lanes;
  const uint32_t votes = threadIdx.x < (Bug ? 17 : 32) ? __ballot_sync(mask, 1) : 0;  // here: lane_not_in_mask
  y[threadIdx.x] = static_cast<float>(votes);
}

template <bool Bug>
__global__ void shuffle_from_nobody(float* y) {
  float v = 1.0f;
  const int from = Bug && threadIdx.x == 3 ? 20 : 2;
  if (threadIdx.x < 16) v = __shfl_sync(0x0000ffffu, v, from);  // here: shuffle_from_nobody
  y[threadIdx.x] = v;
}

template <bool Bug>
__global__ void lane_has_returned(float* y) {
  if (threadIdx.x == 31) {
    y[31] = 0.0f;
    return;
  }
  const uint32_t mask = Bug ? gpu::all_lanes : 0x7fffffffu;
  y[threadIdx.x] = __any_sync(mask, threadIdx.x == 3) ? 1.0f : 0.0f;  // here: lane_has_returned
}

template <bool Bug>
__global__ void product_of_half_a_warp(float* y) {
  float d[4] = {};
  const uint32_t a[4] = {};
  const uint32_t b[2] = {};
  if (!Bug || threadIdx.x < 16) gpu::mma_bf16(d, a, b);  // here: product_of_half_a_warp
  y[threadIdx.x] = d[0];
}

template <bool Bug>
__global__ void matrix_row_misaligned(float* y) {
  GPU_SHARED(gpu::bf16, tile, [32 * 8 + 8]);
  for (int i = static_cast<int>(threadIdx.x); i < 264; i += 32) tile[i] = gpu::from_float<gpu::bf16>(1.0f);
  __syncthreads();
  uint32_t r[4];
  gpu::ldmatrix_x4(r, tile + threadIdx.x * 8 + (Bug && threadIdx.x == 9 ? 2 : 0));  // here: matrix_row_misaligned
  y[threadIdx.x] = gpu::low_bf16(r[0] + r[3]);
}

template <bool Bug>
__global__ void matrix_row_not_written(float* y) {
  GPU_SHARED(gpu::bf16, tile, [32 * 8]);
  if (!Bug || threadIdx.x != 11) {
    for (int i = 0; i < 8; ++i) tile[threadIdx.x * 8 + static_cast<unsigned>(i)] = gpu::from_float<gpu::bf16>(1.0f);
  }
  __syncthreads();
  uint32_t r[4];
  gpu::ldmatrix_x4<true>(r, tile + threadIdx.x * 8);  // here: matrix_row_not_written
  y[threadIdx.x] = gpu::low_bf16(r[0]);
}

template <bool Bug>
__global__ void stored_matrix_before_syncwarp(float* y) {
  GPU_SHARED(uint32_t, tile, [32 * 4]);
  for (unsigned i = 0; i < 4; ++i) tile[threadIdx.x * 4 + i] = 0;
  __syncthreads();
  const uint32_t r[4] = {1, 2, 3, 4};
  gpu::stmatrix_x4(tile + threadIdx.x * 4, r);  // other: stored_matrix_before_syncwarp
  if (!Bug) __syncwarp();
  y[threadIdx.x] = static_cast<float>(tile[(31 - threadIdx.x) * 4]);  // here: stored_matrix_before_syncwarp
}

}  // namespace

std::vector<Case> warp_cases() {
  const gpu::LaunchShape warp{dim3(1), dim3(32), 0, 1};
  const auto simple = [=](void (*bad)(float*), void (*good)(float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> y(32);
      run(bug, name, bad, good, warp, y);
    };
  };

  return {
      {"full_mask_in_a_branch", Kind::divergent_warp, SIMPLE(full_mask_in_a_branch),
       [](const emu::Finding& f) { return f.here.thread.x < 20; }},
      {"different_shuffles", Kind::divergent_warp, SIMPLE(different_shuffles),
       [](const emu::Finding& f) { return (f.here.thread.x + f.other.thread.x) % 2 == 1; }},
      {"lane_not_in_mask", Kind::warp_mask, SIMPLE(lane_not_in_mask), [](const emu::Finding& f) { return thread_is(f.here, 16); }},
      {"shuffle_from_nobody", Kind::warp_mask, SIMPLE(shuffle_from_nobody), [](const emu::Finding& f) { return thread_is(f.here, 3); }},
      {"lane_has_returned", Kind::divergent_warp, SIMPLE(lane_has_returned), below(31)},
      {"product_of_half_a_warp", Kind::divergent_warp, SIMPLE(product_of_half_a_warp), below(16)},
      {"matrix_row_misaligned", Kind::misaligned, SIMPLE(matrix_row_misaligned),
       [](const emu::Finding& f) { return thread_is(f.here, 9); }},
      {"matrix_row_not_written", Kind::uninitialized_read, SIMPLE(matrix_row_not_written),
       [](const emu::Finding& f) { return thread_is(f.here, 11); }},
      {"stored_matrix_before_syncwarp", Kind::race, SIMPLE(stored_matrix_before_syncwarp),
       [](const emu::Finding& f) { return f.here.thread.x + f.other.thread.x == 31; }},
  };
}

}  // namespace planted
