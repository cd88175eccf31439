// Planted: TMA.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;
using gpu::TensorMap;

constexpr int rows = 8;
constexpr int columns = 32;  // of float: 128 bytes
constexpr uint32_t box_bytes = rows * columns * 4;

template <bool Bug>
__global__ void box_read_without_wait(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<float>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, box_bytes);
    gpu::tma_load_2d(tile, &map, 0, 0, full);  // other: box_read_without_wait
  }
  __syncthreads();
  if (!Bug) gpu::mbarrier_wait(full, 0);
  y[threadIdx.x] = tile[threadIdx.x];  // here: box_read_without_wait
  gpu::mbarrier_wait(full, 0);
}

// Columns of 2 bytes: the tensor ends in the middle of a word of the box.
template <bool Bug>
__global__ void odd_box_read_without_wait(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<uint32_t>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, box_bytes);
    gpu::tma_load_2d(tile, &map, 5, 0, full);  // other: odd_box_read_without_wait
  }
  __syncthreads();
  if (!Bug) gpu::mbarrier_wait(full, 0);
  if (threadIdx.x == 29) y[0] = static_cast<float>(tile[threadIdx.x]);  // here: odd_box_read_without_wait
  gpu::mbarrier_wait(full, 0);
}

template <bool Bug>
__global__ void odd_box_overwritten_before_wait(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<uint16_t>();
  for (unsigned i = threadIdx.x; i < rows * columns * 2; i += 32) tile[i] = 1;
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::tma_store_2d(&map, tile, 5, 0);  // other: odd_box_overwritten_before_wait
    gpu::bulk_commit();
    tile[59] = 3;  // of the word's other half, which lies outside of the tensor
    if (!Bug) gpu::bulk_wait<0>();
    tile[58] = 2;  // here: odd_box_overwritten_before_wait
    gpu::bulk_wait<0>();
  }
  y[threadIdx.x] = 0.0f;
}

template <bool Bug>
__global__ void box_misaligned(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<float>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, Bug ? 0 : box_bytes);
    gpu::tma_load_2d(tile + (Bug ? 16 : 0), &map, 0, 0, full);  // here: box_misaligned
  }
  gpu::mbarrier_wait(full, 0);
  if (!Bug) y[threadIdx.x] = tile[threadIdx.x];
}

// The box's bytes count in full, also those outside of the tensor.
template <bool Bug>
__global__ void bytes_of_a_cut_box(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<float>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, Bug ? box_bytes / 2 : box_bytes);
    gpu::tma_load_2d(tile, &map, 0, 12, full);
  }
  gpu::mbarrier_wait(full, 0);  // here: bytes_of_a_cut_box
  y[threadIdx.x] = tile[threadIdx.x];
}

template <bool Bug>
__global__ void box_of_another_rank(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<float>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, Bug ? 0 : box_bytes);
    if (Bug) {
      gpu::tma_load_3d(tile, &map, 0, 0, 0, full);  // here: box_of_another_rank
    } else {
      gpu::tma_load_2d(tile, &map, 0, 0, full);
    }
  }
  gpu::mbarrier_wait(full, 0);
  if (!Bug) y[threadIdx.x] = tile[threadIdx.x];
}

template <bool Bug>
__global__ void box_past_shared_memory(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<float>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, box_bytes);
    gpu::tma_load_2d(tile + (Bug ? columns : 0), &map, 0, 0, full);  // here: box_past_shared_memory
  }
  gpu::mbarrier_wait(full, 0);
  if (!Bug) y[threadIdx.x] = tile[threadIdx.x];
}

template <bool Bug>
__global__ void box_stored_without_fence(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<float>();
  for (int i = static_cast<int>(threadIdx.x); i < rows * columns; i += 32) tile[i] = 1.0f;  // other: box_stored_without_fence
  if (!Bug) gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::tma_store_2d(&map, tile, 0, 0);  // here: box_stored_without_fence
    gpu::bulk_commit();
    gpu::bulk_wait<0>();
  }
  y[threadIdx.x] = 0.0f;
}

// A ring of one stage whose consumers never say that they are done.
template <bool Bug>
__global__ void box_loaded_over_readers(const GPU_GRID_CONSTANT TensorMap map, float* y) {
  auto* tile = gpu::dynamic_shared<float>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  float sum = 0.0f;
  for (unsigned i = 0; i < 2; ++i) {
    if (threadIdx.x == 0) {
      gpu::mbarrier_arrive_expect(full, box_bytes);
      gpu::tma_load_2d(tile, &map, 0, static_cast<int32_t>(8 * i), full);  // here: box_loaded_over_readers
    }
    gpu::mbarrier_wait(full, i);  // here: box_loaded_over_readers
    sum += tile[threadIdx.x];     // other: box_loaded_over_readers
    if (!Bug) __syncthreads();
  }
  y[threadIdx.x] = sum;
}

// 16 rows of 32 floats, or of 64 numbers of 2 bytes.
TensorMap map_of(float* x, int element_bytes = 4) {
  TensorMap map{};
  const auto elements = static_cast<uint32_t>(columns * 4 / element_bytes);
  const uint64_t extents[] = {elements, 16};
  const uint64_t strides[] = {columns * 4};
  const uint32_t box[] = {elements, rows};
  const std::string why = emu::encode_tensor_map(&map, x, element_bytes, 2, extents, strides, box, element_bytes == 4 ? 3 : 0);
  if (!why.empty()) map = TensorMap{};
  return map;
}

}  // namespace

std::vector<Case> tensor_cases() {
  const gpu::LaunchShape warp{dim3(1), dim3(32), box_bytes, 1};
  const auto simple = [=](void (*bad)(TensorMap, float*), void (*good)(TensorMap, float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> x(16 * columns), y(32);
      run(bug, name, bad, good, warp, map_of(x), y);
    };
  };
  const auto halves = [=](void (*bad)(TensorMap, float*), void (*good)(TensorMap, float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> x(16 * columns), y(32);
      run(bug, name, bad, good, warp, map_of(x, 2), y);
    };
  };
  const auto first = [](const emu::Finding& f) { return thread_is(f.here, 0); };
  return {
      {"box_read_without_wait", Kind::missing_wait, SIMPLE(box_read_without_wait),
       [](const emu::Finding& f) { return f.here.thread.x < 32 && thread_is(f.other, 0); }},
      {"odd_box_read_without_wait", Kind::missing_wait,
       halves(odd_box_read_without_wait<true>, odd_box_read_without_wait<false>, "odd_box_read_without_wait"),
       [](const emu::Finding& f) { return thread_is(f.here, 29) && thread_is(f.other, 0); }},
      {"odd_box_overwritten_before_wait", Kind::missing_wait,
       halves(odd_box_overwritten_before_wait<true>, odd_box_overwritten_before_wait<false>, "odd_box_overwritten_before_wait"),
       [](const emu::Finding& f) { return thread_is(f.here, 0) && thread_is(f.other, 0); }},
      {"box_misaligned", Kind::misaligned, SIMPLE(box_misaligned), first},
      {"bytes_of_a_cut_box", Kind::mbarrier_bytes, SIMPLE(bytes_of_a_cut_box), below(32)},
      {"box_of_another_rank", Kind::tensor_map, SIMPLE(box_of_another_rank), first},
      {"box_past_shared_memory", Kind::out_of_bounds, SIMPLE(box_past_shared_memory), first},
      {"box_stored_without_fence", Kind::missing_proxy_fence, SIMPLE(box_stored_without_fence),
       [](const emu::Finding& f) { return thread_is(f.here, 0) && f.other.thread.x < 32; }},
      {"box_loaded_over_readers",
       Kind::race,
       SIMPLE(box_loaded_over_readers),
       [](const emu::Finding& f) { return !f.has_other || thread_is(f.here, 0) || thread_is(f.other, 0); },
       {Kind::missing_wait, Kind::deadlock}},
  };
}

}  // namespace planted
