// Matrix products by warp groups: tensor maps, mbarriers and wgmma in the shape that Hopper's kernels have.
#include "clean.h"

namespace clean {
namespace {

constexpr int bm = 64, bn = 64, stages = 3;
using Product = gpu::Wgmma<bn, false, false>;

__device__ void store(const float (&d)[bn / 2], float* c, Problem p, int m0, int n0, int t) {
  for (int i = 0; i < bn / 2; ++i) {
    const int row = m0 + t / 32 * 16 + t % 32 / 4 + i / 2 % 2 * 8, column = n0 + i / 4 * 8 + t % 4 * 2 + i % 2;
    if (row < p.m && column < p.n) c[static_cast<size_t>(row) * p.n + column] = d[i];
  }
}

// Warp group 0 multiplies, one thread of warp 4 loads. Boxes of 64 rows of Width bytes.
template <int Width>
__global__ void gemm_wgmma_kernel(const GPU_GRID_CONSTANT gpu::TensorMap a, const GPU_GRID_CONSTANT gpu::TensorMap b, float* c, Problem p) {
  constexpr int bk = Width / 2, box = 64 * Width;
  constexpr auto swizzle = Width == 128 ? gpu::Swizzle::bytes128 : Width == 64 ? gpu::Swizzle::bytes64 : gpu::Swizzle::bytes32;
  auto* shared = gpu::dynamic_shared<char>();
  GPU_SHARED(gpu::mbarrier, full, [stages]);
  GPU_SHARED(gpu::mbarrier, empty, [stages]);
  const int t = static_cast<int>(threadIdx.x), m0 = static_cast<int>(blockIdx.y) * bm, n0 = static_cast<int>(blockIdx.x) * bn;
  if (t == 0) {
    for (int s = 0; s < stages; ++s) {
      gpu::mbarrier_init(&full[s], 1);
      gpu::mbarrier_init(&empty[s], 4);
    }
    gpu::fence_mbarrier_init();
  }
  __syncthreads();
  const int steps = p.k / bk;
  if (t >= 128) {
    gpu::give_registers<40>();
    if (t != 128) return;
    for (int i = 0; i < steps; ++i) {
      const int s = i % stages;
      gpu::mbarrier_wait(&empty[s], ~(i / stages) & 1);
      gpu::mbarrier_arrive_expect(&full[s], 2 * box);
      gpu::tma_load_2d(shared + 2 * s * box, &a, i * bk, m0, &full[s]);
      gpu::tma_load_2d(shared + (2 * s + 1) * box, &b, i * bk, n0, &full[s]);
    }
    return;
  }
  gpu::take_registers<232>();
  float d[bn / 2];
  int unreleased = -1;
  for (int i = 0; i < steps; ++i) {
    const int s = i % stages;
    gpu::mbarrier_wait(&full[s], i / stages & 1);
    gpu::wgmma_fence();
    for (int k = 0; k < bk; k += 16) {
      const uint64_t da = gpu::wgmma_descriptor(shared + 2 * s * box + 2 * k, 16, 8 * Width, swizzle);
      const uint64_t db = gpu::wgmma_descriptor(shared + (2 * s + 1) * box + 2 * k, 16, 8 * Width, swizzle);
      Product::run(d, da, db, i > 0 || k > 0);
    }
    gpu::wgmma_commit();
    gpu::wgmma_wait<1>();
    if (unreleased >= 0 && t % 32 == 0) gpu::mbarrier_arrive(&empty[unreleased]);
    unreleased = s;
  }
  gpu::wgmma_wait<0>();
  store(d, c, p, m0, n0, t);
}

// Boxes of 64 elements along M and N, 16 rows of k: with 128-byte swizzle 8 rows of k are 1024 bytes.
__global__ void gemm_wgmma_transposed_kernel(const GPU_GRID_CONSTANT gpu::TensorMap a, const GPU_GRID_CONSTANT gpu::TensorMap b, float* c,
                                             Problem p) {
  constexpr int box = 16 * 128;
  auto* shared = gpu::dynamic_shared<char>();
  GPU_SHARED(gpu::mbarrier, full, [1]);
  const int t = static_cast<int>(threadIdx.x), m0 = static_cast<int>(blockIdx.y) * bm, n0 = static_cast<int>(blockIdx.x) * bn;
  if (t == 0) {
    gpu::mbarrier_init(full, 1);
    gpu::fence_mbarrier_init();
  }
  __syncthreads();
  float d[bn / 2];
  for (int i = 0; i < p.k / 16; ++i) {
    if (t == 0) {
      gpu::mbarrier_arrive_expect(full, 2 * box);
      gpu::tma_load_2d(shared, &a, m0, i * 16, full);
      gpu::tma_load_2d(shared + box, &b, n0, i * 16, full);
    }
    gpu::mbarrier_wait(full, i & 1);
    gpu::wgmma_fence();
    gpu::Wgmma<bn, true, true>::run(d, gpu::wgmma_descriptor(shared, box, 1024, gpu::Swizzle::bytes128),
                                    gpu::wgmma_descriptor(shared + box, box, 1024, gpu::Swizzle::bytes128), i > 0);
    gpu::wgmma_commit();
    gpu::wgmma_wait<0>();
    __syncthreads();
  }
  store(d, c, p, m0, n0, t);
}

// b by ordinary stores into the layout without swizzle; a from global memory into registers.
__global__ void gemm_wgmma_registers_kernel(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p) {
  auto* shared = gpu::dynamic_shared<gpu::bf16>();
  const int t = static_cast<int>(threadIdx.x), m0 = static_cast<int>(blockIdx.y) * bm, n0 = static_cast<int>(blockIdx.x) * bn;
  const auto at = [](const gpu::bf16* from, int row, int column, int rows, int columns) {
    return row < rows ? gpu::to_float(from[static_cast<size_t>(row) * columns + column]) : 0.0f;
  };
  float d[bn / 2];
  for (int k = 0; k < p.k; k += 16) {
    for (int i = t; i < bn * 16; i += 128) {
      const int n = i / 16, j = i % 16;
      shared[n / 8 * 64 + n % 8 * 8 + j / 8 * 512 + j % 8] = gpu::from_float<gpu::bf16>(at(b, n0 + n, k + j, p.n, p.k));
    }
    gpu::fence_async_proxy();
    __syncthreads();
    uint32_t fragment[4];
    for (int i = 0; i < 4; ++i) {
      const int row = m0 + t / 32 * 16 + t % 32 / 4 + i % 2 * 8, column = k + t % 4 * 2 + i / 2 * 8;
      fragment[i] = gpu::pack_bf16(at(a, row, column, p.m, p.k), at(a, row, column + 1, p.m, p.k));
    }
    gpu::wgmma_fence();
    Product::run(d, fragment, gpu::wgmma_descriptor(shared, 1024, 128, gpu::Swizzle::none), k > 0);
    gpu::wgmma_commit();
    gpu::wgmma_wait<0>();
    __syncthreads();
  }
  store(d, c, p, m0, n0, t);
}

dim3 tiles(Problem p) { return {static_cast<unsigned>(gpu::ceil_div(p.n, bn)), static_cast<unsigned>(gpu::ceil_div(p.m, bm))}; }

std::string map_of(gpu::TensorMap* map, const gpu::bf16* data, int rows, int columns, uint32_t box_columns, uint32_t box_rows,
                   gpu::Swizzle swizzle) {
  const uint64_t extents[] = {static_cast<uint64_t>(columns), static_cast<uint64_t>(rows)};
  const uint64_t strides[] = {static_cast<uint64_t>(columns) * 2};
  const uint32_t box[] = {box_columns, box_rows};
  return emu::encode_tensor_map(map, data, 2, 2, extents, strides, box, static_cast<uint32_t>(swizzle));
}

}  // namespace

std::string gemm_wgmma(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p, gpu::Swizzle swizzle) {
  const uint32_t width = 16u << static_cast<uint32_t>(swizzle);
  gpu::TensorMap ma{}, mb{};
  if (std::string why = map_of(&ma, a, p.m, p.k, width / 2, bm, swizzle); !why.empty()) return why;
  if (std::string why = map_of(&mb, b, p.n, p.k, width / 2, bn, swizzle); !why.empty()) return why;
  const gpu::LaunchShape shape{tiles(p), dim3(256), static_cast<size_t>(stages) * 2 * 64 * width, 1};
  const auto kernel = width == 128 ? gemm_wgmma_kernel<128> : width == 64 ? gemm_wgmma_kernel<64> : gemm_wgmma_kernel<32>;
  return gpu::launch("gemm_wgmma", kernel, shape, nullptr, ma, mb, c, p);
}
std::string gemm_wgmma_transposed(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p) {
  gpu::TensorMap ma{}, mb{};
  if (std::string why = map_of(&ma, a, p.k, p.m, 64, 16, gpu::Swizzle::bytes128); !why.empty()) return why;
  if (std::string why = map_of(&mb, b, p.k, p.n, 64, 16, gpu::Swizzle::bytes128); !why.empty()) return why;
  return gpu::launch("gemm_wgmma_transposed", gemm_wgmma_transposed_kernel, {tiles(p), dim3(128), 2 * 16 * 128, 1}, nullptr, ma, mb, c, p);
}
std::string gemm_wgmma_registers(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p) {
  return gpu::launch("gemm_wgmma_registers", gemm_wgmma_registers_kernel, {tiles(p), dim3(128), bn * 32, 1}, nullptr, a, b, c, p);
}

}  // namespace clean
