// Passes of a convolution as positions, streams and taps.
#pragma once
#include <algorithm>
#include <vector>

#include "grouped_conv/variants.h"
#include "grouped_conv/wide.h"

namespace oct::cuda {

// One axis of a pass: output i of `outputs` reads input i step + offset[t] at tap t, of those that it has.
struct WideAxis {
  int64_t outputs, inputs, step;
  std::vector<int64_t> tap, offset;
};

inline WideAxis forward_axis(int64_t inputs, int64_t outputs, int64_t taps, int64_t stride, int64_t padding, int64_t dilation) {
  WideAxis axis{outputs, inputs, stride, {}, {}};
  for (int64_t t = 0; t < taps; ++t) {
    axis.tap.push_back(t);
    axis.offset.push_back(t * dilation - padding);
  }
  return axis;
}

// The gradient with respect to x of every stride-th element from `parity` on: element i stride + parity takes dy at (i stride + parity +
// padding - t dilation) / stride, where that is whole.
inline WideAxis backward_axis(int64_t inputs, int64_t outputs, int64_t taps, int64_t stride, int64_t padding, int64_t dilation,
                              int64_t parity) {
  WideAxis axis{gpu::ceil_div(inputs - parity, stride), outputs, 1, {}, {}};
  for (int64_t t = 0; t < taps; ++t) {
    const int64_t at = parity + padding - t * dilation;
    if (at % stride != 0) continue;
    axis.tap.push_back(t);
    axis.offset.push_back(at / stride);
  }
  return axis;
}

// Positions along an axis: outputs, and what the largest shift reaches beyond them. Zeros before the inputs of a line (an image) also serve
// as those behind the line before, where steps are 1 and all that is reached there lies outside.
inline int64_t positions(const WideAxis& axis, int64_t reach, int64_t first_offset) {
  if (axis.step != 1) return axis.outputs + reach;
  const int64_t beyond = axis.outputs + reach + first_offset - axis.inputs;  // positions whose inputs lie behind the last one
  return axis.outputs + reach - std::clamp<int64_t>(std::min(-first_offset, beyond), 0, reach);
}

// Fills in what follows from the two axes; the weight's taps are counted r weight_columns + s.
inline void set_taps(WideShape* shape, const WideAxis& rows, const WideAxis& columns, int64_t weight_columns) {
  struct Stream {
    int64_t row, column;  // smallest offsets
    std::vector<size_t> r, s;
  };
  std::vector<Stream> streams;
  const auto residue = [](int64_t value, int64_t step) { return (value % step + step) % step; };
  for (int64_t a = 0; a < rows.step; ++a) {
    for (int64_t b = 0; b < columns.step; ++b) {
      Stream stream{INT64_MAX, INT64_MAX, {}, {}};
      for (size_t r = 0; r < rows.tap.size(); ++r) {
        if (residue(rows.offset[r], rows.step) != a) continue;
        stream.r.push_back(r);
        stream.row = std::min(stream.row, rows.offset[r]);
      }
      for (size_t s = 0; s < columns.tap.size(); ++s) {
        if (residue(columns.offset[s], columns.step) != b) continue;
        stream.s.push_back(s);
        stream.column = std::min(stream.column, columns.offset[s]);
      }
      if (!stream.r.empty() && !stream.s.empty()) streams.push_back(stream);
    }
  }
  int64_t reach_rows = 0, reach_columns = 0, first_row = 0, first_column = 0;
  for (const Stream& stream : streams) {
    for (size_t r : stream.r) reach_rows = std::max(reach_rows, (rows.offset[r] - stream.row) / rows.step);
    for (size_t s : stream.s) reach_columns = std::max(reach_columns, (columns.offset[s] - stream.column) / columns.step);
    first_row = stream.row;
    first_column = stream.column;
  }
  const int64_t row = positions(columns, reach_columns, first_column);
  shape->p = static_cast<int32_t>(rows.outputs);
  shape->q = static_cast<int32_t>(columns.outputs);
  shape->row = static_cast<int32_t>(row);
  shape->image_rows = static_cast<int32_t>(positions(rows, reach_rows, first_row));
  shape->in_step = static_cast<int32_t>(rows.step);
  shape->patch = static_cast<int32_t>(kWideRows + reach_rows * row + reach_columns);
  shape->streams = 0;
  int32_t taps = 0;
  for (const Stream& stream : streams) {
    shape->stream_row[shape->streams] = static_cast<int32_t>(stream.row);
    shape->stream_column[shape->streams] = static_cast<int32_t>(stream.column);
    for (size_t r : stream.r) {
      for (size_t s : stream.s) {
        const int64_t shift = (rows.offset[r] - stream.row) / rows.step * row + (columns.offset[s] - stream.column) / columns.step;
        shape->tap_shift[taps] = static_cast<int32_t>(shift);
        shape->tap_weight[taps++] = static_cast<int32_t>(rows.tap[r] * weight_columns + columns.tap[s]);
      }
    }
    shape->first_tap[++shape->streams] = taps;
  }
}

// Buffers for patches, so that a patch that is loaded `ahead` steps before its first step replaces none that is in use.
inline int32_t patch_buffers(const WideShape& shape, int64_t channel_steps, int32_t ahead) {
  std::vector<int32_t> patch_of_step;
  int32_t patches = 0, buffers = 1;
  for (int64_t i = 0; i < std::min<int64_t>(channel_steps, 2 * ahead + 2); ++i) {
    for (int32_t stream = 0; stream < shape.streams; ++stream, ++patches) {
      const size_t first = patch_of_step.size();
      patch_of_step.insert(patch_of_step.end(), static_cast<size_t>(shape.first_tap[stream + 1] - shape.first_tap[stream]), patches);
      const size_t ahead_of = first > static_cast<size_t>(ahead) ? first - static_cast<size_t>(ahead) : 0;
      buffers = std::max(buffers, patches - patch_of_step[ahead_of] + 1);
    }
  }
  return buffers;
}

struct WidePlan {
  WideShape shape;
  int64_t row_tiles, shared_bytes;
};

template <class Tile>
WidePlan wide_plan(const ConvExtents& s, bool backward, const WideAxis& rows, const WideAxis& columns, int64_t row_parity,
                   int64_t column_parity) {
  WidePlan plan{};
  WideShape& w = plan.shape;
  w.n = static_cast<int32_t>(s.n);
  w.in_h = static_cast<int32_t>(backward ? s.p : s.h);
  w.in_w = static_cast<int32_t>(backward ? s.q : s.w);
  w.in_c = static_cast<int32_t>(backward ? s.k : s.c);
  w.out_h = static_cast<int32_t>(backward ? s.h : s.p);
  w.out_w = static_cast<int32_t>(backward ? s.w : s.q);
  w.out_c = static_cast<int32_t>(backward ? s.c : s.k);
  w.out_step = static_cast<int32_t>(backward ? s.stride_h : 1);
  w.out_row = static_cast<int32_t>(row_parity);
  w.out_column = static_cast<int32_t>(column_parity);
  w.channels = static_cast<int32_t>(backward ? s.filters : s.channels);
  w.filters = static_cast<int32_t>(backward ? s.channels : s.filters);
  w.tile_groups = w.filters < Tile::kColumns ? Tile::kColumns / w.filters : 1;
  w.column_tiles = gpu::ceil_div(w.out_c, Tile::kColumns);
  w.weight_taps = static_cast<int32_t>(s.r * s.s);
  set_taps(&w, rows, columns, s.s);
  w.buffers = patch_buffers(w, w.channels / Tile::kDepth, Tile::kAhead);
  plan.row_tiles = gpu::ceil_div<int64_t>(s.n * w.image_rows * w.row, kWideRows);
  plan.shared_bytes = Tile::bytes(w.patch, w.buffers, w.streams, w.tile_groups);
  return plan;
}

inline WideAxis forward_rows(const ConvExtents& s) { return forward_axis(s.h, s.p, s.r, s.stride_h, s.padding_h, s.dilation_h); }
inline WideAxis forward_columns(const ConvExtents& s) { return forward_axis(s.w, s.q, s.s, s.stride_w, s.padding_w, s.dilation_w); }

template <class Tile>
WidePlan forward_plan(const ConvExtents& s) {
  return wide_plan<Tile>(s, false, forward_rows(s), forward_columns(s), 0, 0);
}

// One pass per parity of row and column of dx.
template <class Tile>
std::vector<WidePlan> backward_plans(const ConvExtents& s) {
  std::vector<WidePlan> plans;
  for (int64_t a = 0; a < std::min(s.stride_h, s.h); ++a) {
    for (int64_t b = 0; b < std::min(s.stride_w, s.w); ++b) {
      plans.push_back(wide_plan<Tile>(s, true, backward_axis(s.h, s.p, s.r, s.stride_h, s.padding_h, s.dilation_h, a),
                                      backward_axis(s.w, s.q, s.s, s.stride_w, s.padding_w, s.dilation_w, b), a, b));
    }
  }
  return plans;
}

// What barriers take of a block's shared memory, rounded up to the alignment of the rest.
constexpr int64_t kStaticShared = 1024;

// Why the kernels for many channels per group cannot run, of what does not depend on their tiles.
inline Refusal wide_refuses_problem(const ConvProblem& s) {
  if (s.dtype != OCT_BF16) return "needs bf16";
  if (s.stride_h != s.stride_w || s.stride_h > 2) return "needs stride 1 or 2, the same along both sides";
  if (s.r > kMaxWideTaps || s.s > kMaxWideTaps || s.r * s.s > kMaxWideTaps) return "needs a filter of at most 25 taps";
  if (!s.aligned_images() || !s.aligned_weight()) return "needs 16-byte aligned tensors";
  if (!s.aligned_prologue()) return "needs 16-byte aligned scales and shifts";
  // Every index of a pixel, a position and a block fits 31 bits.
  const int64_t limit = INT64_C(1) << 30, side = INT64_C(1) << 14;
  if (std::max({s.h, s.w, s.p, s.q}) > side || std::max({s.c, s.k, s.n}) > limit || std::max(s.n * s.h * s.w, s.n * s.p * s.q) > limit) {
    return "needs at most 2^30 pixels, in images of at most 2^14 by 2^14";
  }
  return {};
}

// And of what does.
template <class Tile>
Refusal wide_refuses_plans(const gpu::Limits& limits, const ConvExtents& s, bool backward) {
  const int64_t limit = INT64_C(1) << 30;
  for (const WidePlan& plan : backward ? backward_plans<Tile>(s) : std::vector<WidePlan>{forward_plan<Tile>(s)}) {
    if (plan.shared_bytes + kStaticShared > static_cast<int64_t>(limits.shared_bytes)) {
      return {"needs {} bytes of shared memory, but a block has {}", plan.shared_bytes, static_cast<int64_t>(limits.shared_bytes)};
    }
    if (s.n * plan.shape.image_rows * plan.shape.row > limit || plan.row_tiles > limit / plan.shape.column_tiles) {
      return "needs fewer than 2^30 positions and blocks";
    }
  }
  return {};
}

inline WideFusion wide_fusion(const ConvProblem& problem, void* workspace) {
  return {data<const float>(problem.input_scale), data<const float>(problem.input_shift), problem.input_relu,
          data<const float>(problem.bias), problem.y_mean == nullptr ? nullptr : static_cast<float4*>(workspace)};
}

// The weight as backward_data reads it, [C][taps][K/G], in wide.cu.
size_t transposed_weight_bytes(const gpu::Limits& limits, const ConvProblem& problem);
oct_status launch_transpose_weight(Launches& launches, const ConvProblem& problem, void* transposed);

}  // namespace oct::cuda
