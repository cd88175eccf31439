// What the kernels of a grouped convolution's weight gradient share.
#pragma once
#include "launch.h"

namespace oct::cuda {

// Extents of the tensors and the geometry: x [n,h,w,c], dy [n,p,q,k], dweight [k,r,s,channels]; `channels` and `filters` are those of one
// group, of x and of dy.
struct WeightShape {
  int64_t n, h, w, c, p, q, k, r, s, groups, channels, filters;
  int64_t stride_h, stride_w, padding_h, padding_w, dilation_h, dilation_w;
};

}  // namespace oct::cuda
