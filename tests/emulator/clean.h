// Correct kernels in the styles that the library's kernels use, with what they compute on the host.
#pragma once
#include <string>
#include <vector>

#include "gpu/gpu.h"

namespace clean {

// c [m,n] = a [m,k] b [k,n], bf16 in, float out; k and n multiples of 8. Row-major.
struct Problem {
  int m, n, k;
};
std::string gemm_mma(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p);  // cp.async, ldmatrix, mma
std::string gemm_f16(const gpu::f16* a, const gpu::f16* b, float* c, Problem p);    // one warp per tile, ordinary loads
std::string gemm_tf32(const float* a, const float* b, float* c, Problem p);         // likewise
// b transposed: [n,k]. Tensor maps of that swizzle, mbarriers, a producer warp, wgmma; k a multiple of the swizzle's elements, m and n
// free.
std::string gemm_wgmma(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p, gpu::Swizzle swizzle);
// Both operands with M or N contiguous: a [k,m], b [k,n]; m a multiple of 64, n of 64, k of 16.
std::string gemm_wgmma_transposed(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p);
// a from registers.
std::string gemm_wgmma_registers(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p);

// Softmax of rows [rows,columns] by clusters of `cluster` blocks that share their partial sums.
std::string softmax_cluster(const float* x, float* y, int rows, int columns, unsigned cluster);
// Sums of tiles of 96 floats, fed by bulk copies through two stages.
std::string pipeline(const float* x, float* y, int tiles);
// y = 2 x of bytes, each thread one byte, stored by a bulk copy a block.
std::string double_bytes(const uint8_t* x, uint8_t* y, int n);
// Total of n floats by the last block to finish.
std::string total(const float* x, float* partial, unsigned* count, float* y, int n);
// Copies a box from one tensor to another of the same shape [rows,columns] through shared memory.
std::string copy_boxes(const float* x, float* y, int rows, int columns, gpu::Swizzle swizzle);
// Loads a box of 6 rows of 32 bytes at column c0 and row -1 of a tensor of 4 rows, tells what arrived, and stores its complement to
// another.
constexpr int odd_box_rows = 6, odd_box_row_bytes = 32, odd_box_pitch = 48, odd_box_words = odd_box_rows * odd_box_row_bytes / 4;
std::string odd_boxes(const uint8_t* x, uint8_t* y, uint32_t* seen, int element_bytes, int columns, int c0);

}  // namespace clean
