// Maximum over windows.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Square windows.
typedef struct oct_max_pool {
  int64_t kernel;   ///< in [1,15]
  int64_t stride;   ///< >= 1
  int64_t padding;  ///< in [0, kernel / 2]
} oct_max_pool;

/// y = maximum over each window of x; P = (H + 2 padding - kernel) / stride + 1, Q alike. Padding never wins. The first maximum in
/// row-major order wins a tie; NaN wins over numbers. index receives the winner's place in its window, row * kernel + column.
typedef struct oct_max_pool_forward_args {
  oct_tensor x;      ///< [N,H,W,C], F32 or BF16
  oct_tensor y;      ///< [N,P,Q,C], x's type
  oct_tensor index;  ///< u8 [N,P,Q,C], or absent
  oct_max_pool pool;
} oct_max_pool_forward_args;
OCT_API oct_status oct_max_pool_forward_prepare(oct_context* context, const oct_max_pool_forward_args* args, oct_call** call);

/// dx = dy summed into the places that won. Overwrites dx.
typedef struct oct_max_pool_backward_args {
  oct_tensor dy;     ///< [N,P,Q,C], F32 or BF16
  oct_tensor index;  ///< u8 [N,P,Q,C]
  oct_tensor dx;     ///< [N,H,W,C], dy's type
  oct_max_pool pool;
} oct_max_pool_backward_args;
OCT_API oct_status oct_max_pool_backward_prepare(oct_context* context, const oct_max_pool_backward_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
