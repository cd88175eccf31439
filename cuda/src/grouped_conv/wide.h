// How the tensor-core kernels for many channels per group see a pass: as products over streams of pixels.
//
// The outputs of all images lie in one line of positions f = (n image_rows + p) row + q, with some columns per row and rows per image that
// are not outputs. Inputs lie at the same positions, once per stream: pixel (p in_step + stream_row, q in_step + stream_column) at f. A tap
// then is a stream and a shift: it multiplies the input at f + shift, whatever f. So 128 consecutive outputs, wherever rows and images end,
// need 128 + the largest shift consecutive inputs of a stream, which are in shared memory once for all its taps. Stride 2 has a stream per
// parity of row and column of the padded x; the gradient with respect to x of stride 2 is a pass of its own for each parity of dx.
#pragma once
#include "runtime/launches.h"

namespace oct::cuda {

constexpr int kWideRows = 128;  // positions of a block
constexpr int kMaxWideTaps = 25, kMaxWideStreams = 4;

struct WideShape {
  int32_t n, in_h, in_w, in_c;            // the tensor that is read
  int32_t out_h, out_w, out_c;            // the tensor that is written
  int32_t p, q, image_rows, row;          // outputs of an image; positions
  int32_t out_step, out_row, out_column;  // output (p,q) is the pixel (p out_step + out_row, q out_step + out_column)
  int32_t in_step;
  int32_t channels, filters;  // of one group: of the tensor read, of the one written
  int32_t tile_groups;        // groups of a block's columns
  int32_t column_tiles;
  int32_t weight_taps;     // of the weight [out_c][weight_taps][channels]
  int32_t patch, buffers;  // positions of a stream in shared memory; how many such
  int32_t streams;
  int32_t stream_row[kMaxWideStreams], stream_column[kMaxWideStreams];
  int32_t first_tap[kMaxWideStreams + 1];  // of each stream
  int32_t tap_shift[kMaxWideTaps], tap_weight[kMaxWideTaps];
};

struct WideFusion {
  const float *scale, *shift;  // [in_c], or null: no prologue
  int32_t relu;
  const float* bias;  // [out_c], or null
  float4* moments;    // [row tiles][out_c], or null
};

}  // namespace oct::cuda
