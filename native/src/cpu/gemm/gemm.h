// Matrix products for the kernels of this namespace: packed, register-blocked, threaded.
//
// Every element of C is one fixed sequence of operations, which depends on the extents and the instruction set only: blocks of 256 (with
// bf16 dot products 512) terms, each summed in the order of k from zero in F32 (with fused multiply-adds where the instruction set has
// them), the blocks then added to C in ascending order. So results are bitwise the same for any number of threads.
//
// All matrices are row-major; a leading dimension (lda, ...) is the distance of two rows in elements, at least the row's length. C may not
// overlap A or B. Instantiated for T = float and T = bf16. Extents are >= 1.
#pragma once
#include "../isa.h"
#include "../simd.h"

OCT_KERNEL_BEGIN

/// The three products, named for the layout of A and B: n as in the formula, t for transposed.
enum class Gemm { kNT, kNN, kTN };

/// Scratch bytes of a product of C [m,n] over k with operands of `dtype` on the context's number of threads. The workspace is 64-byte
/// aligned; its contents are unspecified before and after.
size_t gemm_workspace(const oct_context* context, Gemm gemm, oct_dtype dtype, int64_t m, int64_t n, int64_t k);

/// C [m,n] = A [m,k] B [n,k]^T + bias f32[n] (or null), of type T or F32. Forward of a linear layer or a 1x1 convolution: A = x, B =
/// weight.
template <class T, class C>
void gemm_nt(const oct_context* context, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
             const float* bias, C* c, int64_t ldc, void* workspace);

/// C [m,n] = A [m,k] B [k,n], of type T or F32. Backward by data: A = dy, B = weight.
template <class T, class C>
void gemm_nn(const oct_context* context, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, C* c,
             int64_t ldc, void* workspace);

/// C f32[m,n] = A [k,m]^T B [k,n]. Backward by weight: A = dy, B = x. A long k is cut into chunks that run at once; their sums are added in
/// a fixed order.
template <class T>
void gemm_tn(const oct_context* context, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, float* c,
             int64_t ldc, void* workspace);

OCT_KERNEL_END
