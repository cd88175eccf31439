// Clusters, pipelines, bytes, boxes, and the last block.
#include "clean.h"

namespace clean {
namespace {

__global__ void softmax_cluster_kernel(const float* x, float* y, int columns) {
  GPU_SHARED(float, part, [2][4]);
  GPU_SHARED(float, own, [2]);
  const auto rank = gpu::cluster_rank(), size = gpu::cluster_size();
  const int row = static_cast<int>(blockIdx.x / size), t = static_cast<int>(threadIdx.x);
  const int begin = static_cast<int>(rank) * 128 + t, step = static_cast<int>(size) * 128;
  const float* from = x + static_cast<size_t>(row) * columns;
  const auto over_block = [&](float value, int which) {
    if (t % 32 == 0) part[which][t / 32] = value;
    __syncthreads();
  };
  float largest = -INFINITY;
  for (int i = begin; i < columns; i += step) largest = fmaxf(largest, from[i]);
  over_block(gpu::warp_max(largest), 0);
  if (t == 0) own[0] = fmaxf(fmaxf(part[0][0], part[0][1]), fmaxf(part[0][2], part[0][3]));
  gpu::cluster_sync();
  for (uint32_t other = 0; other < size; ++other) largest = fmaxf(largest, *gpu::cluster_map(&own[0], other));
  float sum = 0.0f;
  for (int i = begin; i < columns; i += step) sum += gpu::fast_exp(from[i] - largest);
  over_block(gpu::warp_sum(sum), 1);
  if (t == 0) own[1] = part[1][0] + part[1][1] + part[1][2] + part[1][3];
  gpu::cluster_sync();
  sum = 0.0f;
  for (uint32_t other = 0; other < size; ++other) sum += *gpu::cluster_map(&own[1], other);
  gpu::cluster_arrive();
  for (int i = begin; i < columns; i += step) y[static_cast<size_t>(row) * columns + i] = gpu::fast_exp(from[i] - largest) / sum;
  gpu::cluster_wait();
}

__global__ void pipeline_kernel(const float* x, float* y, int tiles) {
  GPU_SHARED(float, buffer, [2][96]);
  GPU_SHARED(gpu::mbarrier, full, [2]);
  GPU_SHARED(gpu::mbarrier, empty, [2]);
  const int t = static_cast<int>(threadIdx.x);
  if (t == 0) {
    for (int s = 0; s < 2; ++s) {
      gpu::mbarrier_init(&full[s], 1);
      gpu::mbarrier_init(&empty[s], 3);
    }
    gpu::fence_mbarrier_init();
  }
  __syncthreads();
  if (t == 0) {
    for (int i = 0; i < tiles; ++i) {
      gpu::mbarrier_wait(&empty[i & 1], ~(i >> 1) & 1);
      gpu::mbarrier_arrive_expect(&full[i & 1], 384);
      gpu::bulk_load(buffer[i & 1], x + 96 * i, 384, &full[i & 1]);
    }
  } else if (t >= 32) {
    float sum = 0.0f;
    for (int i = 0; i < tiles; ++i) {
      gpu::mbarrier_wait(&full[i & 1], i >> 1 & 1);
      sum += buffer[i & 1][t - 32];
      __syncwarp();
      if (t % 32 == 5) gpu::mbarrier_arrive(&empty[i & 1]);
    }
    gpu::named_barrier_sync(1, 96);
    y[t - 32] = sum;
  }
}

__global__ void double_bytes_kernel(const uint8_t* x, uint8_t* y, int n) {
  GPU_SHARED(uint8_t, bytes, [112]);
  const int i = static_cast<int>(blockIdx.x * 112 + threadIdx.x);
  bytes[threadIdx.x] = i < n ? static_cast<uint8_t>(2 * x[i]) : 0;
  gpu::fence_async_proxy();
  __syncthreads();
  if (static_cast<int>(blockIdx.x * 112 + 112) <= n) {
    if (threadIdx.x == 0) {
      gpu::bulk_store(y + blockIdx.x * 112, bytes, 112);
      gpu::bulk_commit();
      gpu::bulk_wait_read<0>();
    }
  } else if (i < n) {
    y[i] = bytes[threadIdx.x];
  }
}

__global__ void total_kernel(const float* x, float* partial, unsigned* count, float* y, int n) {
  GPU_SHARED(bool, last, [1]);
  const int i = static_cast<int>(blockIdx.x * 32 + threadIdx.x);
  const float sum = gpu::warp_sum(i < n ? x[i] : 0.0f);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
    __threadfence();
    *last = gpu::atomic_add(count, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!*last) return;
  float all = 0.0f;
  for (unsigned block = threadIdx.x; block < gridDim.x; block += 32) all += partial[block];
  all = gpu::warp_sum(all);
  if (threadIdx.x == 0) *y = all;
}

__global__ void copy_boxes_kernel(const GPU_GRID_CONSTANT gpu::TensorMap x, const GPU_GRID_CONSTANT gpu::TensorMap y, int box_columns) {
  auto* tile = gpu::dynamic_shared<float>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  const int32_t c0 = static_cast<int32_t>(blockIdx.x) * box_columns - 3, c1 = static_cast<int32_t>(blockIdx.y) * 8 - 2;
  if (threadIdx.x != 0) return;
  gpu::mbarrier_init(full, 1);
  gpu::fence_mbarrier_init();
  gpu::mbarrier_arrive_expect(full, static_cast<uint32_t>(8 * 4 * box_columns));
  gpu::tma_load_2d(tile, &x, c0, c1, full);
  gpu::mbarrier_wait(full, 0);
  gpu::tma_store_2d(&y, tile, c0, c1);
  gpu::bulk_commit();
  gpu::bulk_wait<0>();
}

// The whole box in words, so that most words at the tensor's edges have halves or bytes from inside and from outside.
__global__ void odd_boxes_kernel(const GPU_GRID_CONSTANT gpu::TensorMap x, const GPU_GRID_CONSTANT gpu::TensorMap y, int32_t c0,
                                 uint32_t* seen) {
  auto* tile = gpu::dynamic_shared<uint32_t>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  const auto t = threadIdx.x;
  for (unsigned i = t; i < odd_box_words; i += 32) tile[i] = ~0u;
  if (t == 0) {
    gpu::mbarrier_init(full, 1);
    gpu::fence_mbarrier_init();
  }
  gpu::fence_async_proxy();
  __syncthreads();
  if (t == 0) {
    gpu::mbarrier_arrive_expect(full, 4 * odd_box_words);
    gpu::tma_load_2d(tile, &x, c0, -1, full);
  }
  gpu::mbarrier_wait(full, 0);
  for (unsigned i = t; i < odd_box_words; i += 32) seen[i] = tile[i];
  __syncthreads();
  for (unsigned i = t; i < odd_box_words; i += 32) tile[i] = ~tile[i];
  gpu::fence_async_proxy();
  __syncthreads();
  if (t == 0) {
    gpu::tma_store_2d(&y, tile, c0, -1);
    gpu::bulk_commit();
    gpu::bulk_wait<0>();
  }
  __syncthreads();
  for (unsigned i = t; i < odd_box_words; i += 32) tile[i] = 0;
}

}  // namespace

std::string softmax_cluster(const float* x, float* y, int rows, int columns, unsigned cluster) {
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(rows) * cluster), dim3(128), 0, cluster};
  return gpu::launch("softmax_cluster", softmax_cluster_kernel, shape, nullptr, x, y, columns);
}
std::string pipeline(const float* x, float* y, int tiles) {
  return gpu::launch("pipeline", pipeline_kernel, {dim3(1), dim3(128), 0, 1}, nullptr, x, y, tiles);
}
std::string double_bytes(const uint8_t* x, uint8_t* y, int n) {
  return gpu::launch("double_bytes", double_bytes_kernel, {dim3(static_cast<unsigned>(gpu::ceil_div(n, 112))), dim3(112), 0, 1}, nullptr, x,
                     y, n);
}
std::string total(const float* x, float* partial, unsigned* count, float* y, int n) {
  return gpu::launch("total", total_kernel, {dim3(static_cast<unsigned>(gpu::ceil_div(n, 32))), dim3(32), 0, 1}, nullptr, x, partial, count,
                     y, n);
}
std::string copy_boxes(const float* x, float* y, int rows, int columns, gpu::Swizzle swizzle) {
  const uint32_t box_columns = swizzle == gpu::Swizzle::none ? 20 : 4u << static_cast<uint32_t>(swizzle);
  const uint64_t extents[] = {static_cast<uint64_t>(columns), static_cast<uint64_t>(rows)};
  const uint64_t strides[] = {static_cast<uint64_t>(gpu::round_up(columns, 4)) * 4};
  const uint32_t box[] = {box_columns, 8};
  gpu::TensorMap mx{}, my{};
  for (auto [map, data] : {std::pair{&mx, x}, std::pair{&my, static_cast<const float*>(y)}}) {
    const std::string why = emu::encode_tensor_map(map, data, 4, 2, extents, strides, box, static_cast<uint32_t>(swizzle));
    if (!why.empty()) return why;
  }
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div(columns + 3, static_cast<int>(box_columns))),
                                    static_cast<unsigned>(gpu::ceil_div(rows + 2, 8))),
                               dim3(32), 8 * 4 * box_columns, 1};
  return gpu::launch("copy_boxes", copy_boxes_kernel, shape, nullptr, mx, my, static_cast<int>(box_columns));
}
std::string odd_boxes(const uint8_t* x, uint8_t* y, uint32_t* seen, int element_bytes, int columns, int c0) {
  const uint64_t extents[] = {static_cast<uint64_t>(columns), odd_box_rows - 2};
  const uint64_t strides[] = {odd_box_pitch};
  const uint32_t box[] = {static_cast<uint32_t>(odd_box_row_bytes / element_bytes), odd_box_rows};
  gpu::TensorMap mx{}, my{};
  for (auto [map, data] : {std::pair{&mx, x}, std::pair{&my, static_cast<const uint8_t*>(y)}}) {
    const std::string why = emu::encode_tensor_map(map, data, element_bytes, 2, extents, strides, box, 0);
    if (!why.empty()) return why;
  }
  return gpu::launch("odd_boxes", odd_boxes_kernel, {dim3(1), dim3(32), 4 * odd_box_words, 1}, nullptr, mx, my, c0, seen);
}

}  // namespace clean
