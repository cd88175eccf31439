// cp.async with zero fill, and bulk copies.
#include "stage.h"

namespace oct::probes {
namespace {

constexpr uint32_t kWords = 128;

// Lane l copies its `Width` bytes of the input, but l % (Width + 1) of them only; out: the shared memory, 16 bytes per lane.
template <int Width>
__global__ void cp_async_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, buffer, [kWords]);
  const uint32_t lane = gpu::lane();
  for (uint32_t i = lane; i < kWords; i += 32) buffer[i] = kUnwritten;
  __syncthreads();
  const int bytes = static_cast<int>(lane) % (Width + 1);
  if constexpr (Width == 16) gpu::cp_async_16(buffer + lane * 4, in + lane * 4, bytes);
  if constexpr (Width == 8) gpu::cp_async_8(buffer + lane * 4, in + lane * 4, bytes);
  if constexpr (Width == 4) gpu::cp_async_4(buffer + lane * 4, in + lane * 4, bytes);
  gpu::cp_async_commit();
  gpu::cp_async_wait<0>();
  __syncthreads();
  for (uint32_t i = lane; i < kWords; i += 32) out[i] = buffer[i];
}

// Shared memory by a bulk load, back by a bulk store.
__global__ void bulk_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, buffer, [kWords]);
  GPU_SHARED(gpu::mbarrier, arrived, [1]);
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(arrived, 1);
    gpu::fence_mbarrier_init();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(arrived, kWords * 4);
    gpu::bulk_load(buffer, in, kWords * 4, arrived);
  }
  gpu::mbarrier_wait(arrived, 0);
  for (uint32_t i = threadIdx.x; i < kWords; i += 32) buffer[i] ^= i;
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::bulk_store(out, buffer, kWords * 4 - 16);  // the last 16 bytes stay as they were
    gpu::bulk_commit();
    gpu::bulk_wait<0>();
  }
}

// Vector accesses and their hints.
__global__ void vector_probe(const uint32_t* in, uint32_t* out) {
  const uint32_t lane = gpu::lane();
  const uint4 x = gpu::load16_once(in + lane * 4);
  const uint2 y = gpu::load8(in + lane * 4 + 2);
  gpu::store16_once(out + lane * 8, uint4{x.w, x.z, x.y, x.x});
  gpu::store8(out + lane * 8 + 4, uint2{y.y, y.x});
  gpu::store4(out + lane * 8 + 6, gpu::load4(in + lane * 4 + 1));
}

}  // namespace

void add_copies(std::vector<Probe>* all) {
  const auto inputs = [] { return random_words(kWords, 41); };
  all->push_back(
      {"cp_async", "16_bytes_zero_fill", 80, false, Closeness::bits, 0, inputs, runner("cp_async_16", cp_async_probe<16>, 32, kWords)});
  all->push_back(
      {"cp_async", "8_bytes_zero_fill", 80, false, Closeness::bits, 0, inputs, runner("cp_async_8", cp_async_probe<8>, 32, kWords)});
  all->push_back(
      {"cp_async", "4_bytes_zero_fill", 80, false, Closeness::bits, 0, inputs, runner("cp_async_4", cp_async_probe<4>, 32, kWords)});
  all->push_back({"bulk", "load_and_store", 90, false, Closeness::bits, 0, inputs, runner("bulk", bulk_probe, 32, kWords)});
  all->push_back({"memory", "vectors", 80, false, Closeness::bits, 0, inputs, runner("memory", vector_probe, 32, 2 * kWords)});
}

}  // namespace oct::probes
