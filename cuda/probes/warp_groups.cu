// wgmma: every N, layout and swizzle. The inputs are images of shared memory, and the descriptors say which bytes of them a product reads:
// two machines that read other bytes give other sums.
#include "stage.h"

namespace oct::probes {
namespace {

// One operand: how its descriptor is made, and how far the start moves from one 16 of K to the next.
struct Layout {
  gpu::Swizzle swizzle;
  uint32_t leading;  // bytes
  uint32_t stride;   // bytes
  uint32_t step;     // bytes
  uint32_t image;    // bytes
};

// `lines` is M or N; K-contiguous unless transposed.
Layout layout_of(gpu::Swizzle swizzle, bool transposed, uint32_t lines) {
  if (swizzle == gpu::Swizzle::none) {
    // Core matrices of 8 rows x 16 bytes; two of them make K = 16.
    const uint32_t image = lines / 8 * 256;
    return {swizzle, 128, 256, image, 2 * image};
  }
  const uint32_t row = 16u << static_cast<uint32_t>(swizzle);
  const uint32_t atom = 8 * row;
  if (!transposed) return {swizzle, 16, atom, row > 32 ? 32u : lines / 8 * atom, lines / 8 * atom * (row > 32 ? 1u : 2u)};
  // 16 of K are two atoms; the next ones along M or N come after them.
  const uint32_t image = (lines * 2 + row - 1) / row * 2 * atom;
  return {swizzle, 2 * atom, atom, image, 2 * image};
}

constexpr uint32_t kSteps = 2;

// Out: d, thread by thread.
template <int N, bool TransposedA, bool TransposedB, bool RegistersA>
__global__ void warp_group_probe(const uint32_t* in, Layout layout_a, Layout layout_b, uint32_t* out) {
  char* shared = gpu::dynamic_shared<char>();
  const uint32_t words_a = RegistersA ? kSteps * 512 : layout_a.image / 4;
  const uint32_t words_b = layout_b.image / 4;
  char* image_b = shared + (RegistersA ? 0 : (layout_a.image + 1023) / 1024 * 1024);
  if (!RegistersA) {
    for (uint32_t i = threadIdx.x; i < words_a; i += 128) reinterpret_cast<uint32_t*>(shared)[i] = in[i];
  }
  for (uint32_t i = threadIdx.x; i < words_b; i += 128) reinterpret_cast<uint32_t*>(image_b)[i] = in[words_a + i];
  gpu::fence_async_proxy();
  __syncthreads();
  float d[N / 2];
#pragma unroll
  for (int i = 0; i < N / 2; ++i) d[i] = static_cast<float>(i);
  uint32_t a[kSteps][4];
  if constexpr (RegistersA) {
    for (uint32_t step = 0; step < kSteps; ++step) {
      for (uint32_t i = 0; i < 4; ++i) a[step][i] = in[step * 512 + threadIdx.x * 4 + i];
    }
  }
  gpu::wgmma_fence();
#pragma unroll
  for (uint32_t step = 0; step < kSteps; ++step) {
    const uint64_t b = gpu::wgmma_descriptor(image_b + step * layout_b.step, layout_b.leading, layout_b.stride, layout_b.swizzle);
    // The first product of a transposed pair overwrites d, all others add to what is there.
    const bool accumulate = step > 0 || !(TransposedA && TransposedB);
    if constexpr (RegistersA) {
      gpu::Wgmma<N, TransposedA, TransposedB>::run(d, a[step], b, accumulate);
    } else {
      const uint64_t from = gpu::wgmma_descriptor(shared + step * layout_a.step, layout_a.leading, layout_a.stride, layout_a.swizzle);
      gpu::Wgmma<N, TransposedA, TransposedB>::run(d, from, b, accumulate);
    }
  }
  gpu::wgmma_commit();
  gpu::wgmma_wait<0>();
#pragma unroll
  for (uint32_t i = 0; i < N / 2; ++i) out[threadIdx.x * (N / 2) + i] = __float_as_uint(d[i]);
}

// Pairs of bf16: integers in [-4,4], whose sums of 32 products are exact in any order; or values in [-1,1).
Words images(size_t words, bool exact) {
  Random random(61 + words);
  const auto value = [&] { return bf16_bits(exact ? static_cast<float>(random.integer(-4, 4)) : random.uniform(1)); };
  Words all(words);
  for (uint32_t& word : all) {
    const uint32_t low = value();
    word = low | value() << 16;
  }
  return all;
}

template <int N, bool TransposedA, bool TransposedB, bool RegistersA>
void add(std::vector<Probe>* all, const std::string& name, gpu::Swizzle swizzle, bool exact = true) {
  const Layout a = layout_of(swizzle, TransposedA, 64);
  const Layout b = layout_of(swizzle, TransposedB, N);
  const size_t words = (RegistersA ? kSteps * 512 : a.image / 4) + b.image / 4;
  // Partial sums of the general values stay below 128 + 4, in units of 2^-23 an addition as for mma (products.cu says why).
  const double bound = exact ? 0 : (16 * kSteps + 2) * 0x1p-23 * 16;
  all->push_back({"wgmma", name, 90, true, exact ? Closeness::bits : Closeness::absolute, bound, [=] { return images(words, exact); },
                  [=](int ordinal, const Words& in, Words* out) {
                    Stage stage(ordinal);
                    const uint32_t* from = stage.put(in);
                    uint32_t* to = stage.blank(64 * N);
                    const size_t shared = (RegistersA ? 0 : (a.image + 1023) / 1024 * 1024) + b.image;
                    if (stage.problem().empty()) {
                      stage.keep(gpu::launch("wgmma", warp_group_probe<N, TransposedA, TransposedB, RegistersA>,
                                             {dim3(1), dim3(128), shared}, stage.stream(), from, a, b, to));
                    }
                    stage.take(to, 64 * N, out);
                    return stage.problem();
                  }});
}

template <int N, bool TransposedA, bool TransposedB>
void add_swizzles(std::vector<Probe>* all, const std::string& name) {
  add<N, TransposedA, TransposedB, false>(all, name + "_none", gpu::Swizzle::none);
  add<N, TransposedA, TransposedB, false>(all, name + "_32", gpu::Swizzle::bytes32);
  add<N, TransposedA, TransposedB, false>(all, name + "_64", gpu::Swizzle::bytes64);
  add<N, TransposedA, TransposedB, false>(all, name + "_128", gpu::Swizzle::bytes128);
}

}  // namespace

void add_warp_groups(std::vector<Probe>* all) {
  using enum gpu::Swizzle;
  add_swizzles<64, false, false>(all, "n64");
  add_swizzles<64, true, false>(all, "n64_transposed_a");
  add_swizzles<64, false, true>(all, "n64_transposed_b");
  add_swizzles<64, true, true>(all, "n64_transposed_both");
  add<32, false, false, false>(all, "n32_128", bytes128);
  add<128, false, true, false>(all, "n128_transposed_b_128", bytes128);
  add<192, false, false, false>(all, "n192_64", bytes64);
  add<256, false, true, false>(all, "n256_transposed_b_128", bytes128);
  add<64, false, false, true>(all, "n64_a_in_registers_128", bytes128);
  add<64, false, false, false>(all, "n64_general", bytes128, false);
}

}  // namespace oct::probes
