// ldmatrix and stmatrix: which lane holds what, with rows out of order.
#include "stage.h"

namespace oct::probes {
namespace {

// In: 32 rows of 16 bytes; lane l names row (5 l + 3) % 32. Out: `Count` words per lane.
template <int Count, bool Transposed>
__global__ void load_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, rows, [128]);
  const uint32_t lane = gpu::lane();
  for (uint32_t i = lane; i < 128; i += 32) rows[i] = in[i];
  __syncthreads();
  const uint32_t* row = rows + (lane * 5 + 3) % 32 * 4;
  uint32_t r[Count];
  if constexpr (Count == 4) {
    gpu::ldmatrix_x4<Transposed>(r, row);
  } else {
    gpu::ldmatrix_x2<Transposed>(r, row);
  }
  for (uint32_t i = 0; i < Count; ++i) out[lane * Count + i] = r[i];
}

// In: 4 words per lane; out: the 32 rows that they went to.
template <bool Transposed>
__global__ void store_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, rows, [128]);
  const uint32_t lane = gpu::lane();
  const uint32_t r[4] = {in[lane * 4], in[lane * 4 + 1], in[lane * 4 + 2], in[lane * 4 + 3]};
  gpu::stmatrix_x4<Transposed>(rows + (lane * 5 + 3) % 32 * 4, r);
  __syncthreads();
  for (uint32_t i = lane; i < 128; i += 32) out[i] = rows[i];
}

}  // namespace

void add_matrices(std::vector<Probe>* all) {
  const auto inputs = [] { return random_words(128, 31); };
  all->push_back({"ldmatrix_x4", "rows", 80, false, Closeness::bits, 0, inputs, runner("ldmatrix_x4", load_probe<4, false>, 32, 128)});
  all->push_back({"ldmatrix_x4", "transposed", 80, false, Closeness::bits, 0, inputs, runner("ldmatrix_x4", load_probe<4, true>, 32, 128)});
  all->push_back({"ldmatrix_x2", "rows", 80, false, Closeness::bits, 0, inputs, runner("ldmatrix_x2", load_probe<2, false>, 32, 64)});
  all->push_back({"ldmatrix_x2", "transposed", 80, false, Closeness::bits, 0, inputs, runner("ldmatrix_x2", load_probe<2, true>, 32, 64)});
  all->push_back({"stmatrix_x4", "rows", 90, false, Closeness::bits, 0, inputs, runner("stmatrix_x4", store_probe<false>, 32, 128)});
  all->push_back({"stmatrix_x4", "transposed", 90, false, Closeness::bits, 0, inputs, runner("stmatrix_x4", store_probe<true>, 32, 128)});
}

}  // namespace oct::probes
