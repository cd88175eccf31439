// Planted: products of a warp group. a [64,16] and b [32,16] of bf16 without swizzle: 8x8 matrices of 128 bytes, K halves 1024 (a) and 512
// (b) bytes apart.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;
using gpu::Swizzle;

constexpr unsigned a_elements = 64 * 16;
constexpr unsigned b_elements = 32 * 16;
using Product = gpu::Wgmma<32, false, false>;

// Both operands, ready to be multiplied.
__device__ gpu::bf16* operands() {
  auto* tile = gpu::dynamic_shared<gpu::bf16>();
  for (unsigned i = threadIdx.x; i < a_elements + b_elements; i += 128) tile[i] = gpu::from_float<gpu::bf16>(static_cast<float>(i % 7));
  gpu::fence_async_proxy();
  __syncthreads();
  return tile;
}

__device__ void finish() {
  gpu::wgmma_commit();
  gpu::wgmma_wait<0>();
}

__device__ uint64_t a_of(gpu::bf16* tile) { return gpu::wgmma_descriptor(tile, 1024, 128, Swizzle::none); }
__device__ uint64_t b_of(gpu::bf16* tile) { return gpu::wgmma_descriptor(tile + a_elements, 512, 128, Swizzle::none); }

template <bool Bug>
__global__ void sums_read_before_wait(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  gpu::wgmma_fence();
  Product::run(d, a_of(tile), b_of(tile), true);  // other: sums_read_before_wait
  gpu::wgmma_commit();
  if (!Bug) gpu::wgmma_wait<0>();
  y[threadIdx.x] = d[3];  // here: sums_read_before_wait
  if (Bug) gpu::wgmma_wait<0>();
}

template <bool Bug>
__global__ void product_without_fence(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  if (!Bug) gpu::wgmma_fence();
  Product::run(d, a_of(tile), b_of(tile), true);  // here: product_without_fence
  finish();
  y[threadIdx.x] = d[3];
}

template <bool Bug>
__global__ void sums_scaled_without_fence(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  gpu::wgmma_fence();
  for (int i = 0; i < 2; ++i) {
    if (i == 1 && !Bug) gpu::wgmma_fence();
    Product::run(d, a_of(tile), b_of(tile), true);  // here: sums_scaled_without_fence other: sums_scaled_without_fence
    finish();
    for (float& sum : d) sum *= 0.5f;
  }
  y[threadIdx.x] = d[3];
}

template <bool Bug>
__global__ void operand_overwritten(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  gpu::wgmma_fence();
  Product::run(d, a_of(tile), b_of(tile), true);  // other: operand_overwritten
  gpu::wgmma_commit();
  if (!Bug) gpu::wgmma_wait<0>();
  __syncthreads();
  if (threadIdx.x == 40) tile[a_elements + 17] = gpu::from_float<gpu::bf16>(9.0f);  // here: operand_overwritten
  gpu::wgmma_wait<0>();
  y[threadIdx.x] = d[3];
}

// After its own wait a warp may overwrite what only it read; b is read by the other warps too.
template <bool Bug>
__global__ void no_barrier_after_product(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  gpu::wgmma_fence();
  Product::run(d, a_of(tile), b_of(tile), true);  // other: no_barrier_after_product here: no_barrier_after_product
  finish();
  if (!Bug) __syncthreads();
  if (threadIdx.x == 70)
    tile[a_elements + 17] = gpu::from_float<gpu::bf16>(9.0f);  // here: no_barrier_after_product other: no_barrier_after_product
  y[threadIdx.x] = d[3];
}

template <bool Bug>
__global__ void operand_without_proxy_fence(float* y) {
  auto* tile = gpu::dynamic_shared<gpu::bf16>();
  for (unsigned i = threadIdx.x; i < a_elements + b_elements; i += 128)
    tile[i] = gpu::from_float<gpu::bf16>(1.0f);  // other: operand_without_proxy_fence
  if (!Bug) gpu::fence_async_proxy();
  __syncthreads();
  float d[16] = {};
  gpu::wgmma_fence();
  Product::run(d, a_of(tile), b_of(tile), true);  // here: operand_without_proxy_fence
  finish();
  y[threadIdx.x] = d[3];
}

template <bool Bug>
__global__ void descriptor_leads_outside(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  gpu::wgmma_fence();
  const uint64_t b = gpu::wgmma_descriptor(tile + a_elements, 512, Bug ? 256 : 128, Swizzle::none);
  Product::run(d, a_of(tile), b, true);  // here: descriptor_leads_outside
  finish();
  y[threadIdx.x] = d[3];
}

template <bool Bug>
__global__ void a_warp_stays_away(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  if (!Bug || threadIdx.x < 96) {
    gpu::wgmma_fence();
    Product::run(d, a_of(tile), b_of(tile), true);  // here: a_warp_stays_away
    finish();
  }
  y[threadIdx.x] = d[3];
  __syncthreads();
}

template <bool Bug>
__global__ void products_not_waited_for(float* y) {
  gpu::bf16* tile = operands();
  float d[16] = {};
  gpu::wgmma_fence();
  Product::run(d, a_of(tile), b_of(tile), true);  // here: products_not_waited_for
  gpu::wgmma_commit();
  if (!Bug) gpu::wgmma_wait<0>();
  y[threadIdx.x] = 1.0f;
}

}  // namespace

std::vector<Case> wgmma_cases() {
  const auto simple = [=](void (*bad)(float*), void (*good)(float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> y(128);
      run(bug, name, bad, good, {dim3(1), dim3(128), (a_elements + b_elements) * 2, 1}, y);
    };
  };
  const auto own = [](const emu::Finding& f) { return f.here.thread.x == f.other.thread.x; };
  return {
      {"sums_read_before_wait", Kind::missing_wait, SIMPLE(sums_read_before_wait), own},
      {"product_without_fence", Kind::missing_wait, SIMPLE(product_without_fence), below(128)},
      {"sums_scaled_without_fence", Kind::missing_wait, SIMPLE(sums_scaled_without_fence), own},
      {"operand_overwritten", Kind::missing_wait, SIMPLE(operand_overwritten),
       [](const emu::Finding& f) { return thread_is(f.here, 40) && f.other.thread.x % 32 == 0; }},
      {"no_barrier_after_product",
       Kind::race,
       SIMPLE(no_barrier_after_product),
       [](const emu::Finding& f) { return thread_is(f.here, 70) || thread_is(f.other, 70); },
       {Kind::missing_wait, Kind::missing_proxy_fence}},
      {"operand_without_proxy_fence", Kind::missing_proxy_fence, SIMPLE(operand_without_proxy_fence), below(128)},
      {"descriptor_leads_outside", Kind::out_of_bounds, SIMPLE(descriptor_leads_outside), below(128)},
      {"a_warp_stays_away", Kind::divergent_warp, SIMPLE(a_warp_stays_away),
       [](const emu::Finding& f) { return f.here.thread.x < 96 && f.text.find("thread 96,0,0") != std::string::npos; }},
      {"products_not_waited_for", Kind::missing_wait, SIMPLE(products_not_waited_for), below(128)},
  };
}

}  // namespace planted
