// One pass over parameter, gradient and buffer of all parameters: 20 bytes of traffic per parameter, 22 with the BF16 copy, bound by
// memory.
#include "element_wise/element_wise.cuh"
#include "optimizer/rates.cuh"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {

constexpr int kStepPieces = 2;  // of 4 parameters per thread: 6 reads of 16 bytes are under way before the first write
constexpr int kStepParameters = 4 * kStepPieces * kElementThreads;  // of a block

struct SgdStep {
  float* parameter;
  const float* gradient;
  float* buffer;
  gpu::bf16* rounded;  // or null
  int64_t count;
  const int64_t* ends;
  const float* decay;
  int64_t segments;
  const float* rates;  // learning rate, gradient scale
  float momentum;
  bool nesterov;
  bool wide;  // f32 16-byte and bf16 8-byte aligned
  Fault* fault;
};

// The segment in [low, high] that holds parameter i: the first whose end is above i. Ends that do not ascend give a wrong one, within.
GPU_INLINE int64_t segment_of(const int64_t* ends, int64_t low, int64_t high, int64_t i) {
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (ends[middle] > i) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// By the threads of one block: ends ascend and the last is the number of parameters; decays and rates are in their ranges.
GPU_INLINE void check_device_values(const SgdStep& a) {
  if (threadIdx.x == 0) check_rates({a.rates[0], a.rates[1]}, a.fault);
  for (int64_t s = threadIdx.x; s < a.segments; s += kElementThreads) {
    const int64_t end = a.ends[s], before = s == 0 ? 0 : a.ends[s - 1];
    if (end < before || (s + 1 == a.segments && end != a.count)) report(a.fault, kSegmentsBroken, s, end, before);
    const float decay = a.decay[s];
    if (!(decay >= 0.0f && decay < INFINITY)) report(a.fault, kDecayOutOfRange, s, __float_as_uint(decay), 0);
  }
}

// torch's roundings: the decay, the step of Nesterov and the update are fused multiply-adds, the buffer's product is rounded.
GPU_INLINE void step_one(const SgdStep& a, const SgdRates& rates, float decay, float gradient, float& parameter, float& buffer) {
  const float g = fmaf(decay, parameter, __fmul_rn(rates.gradient_scale, gradient));
  buffer = __fadd_rn(__fmul_rn(a.momentum, buffer), g);
  const float direction = a.nesterov ? fmaf(a.momentum, buffer, g) : buffer;
  parameter = fmaf(-rates.learning_rate, direction, parameter);
}

__global__ void __launch_bounds__(kElementThreads) sgd_all_segments(SgdStep a) {
  if (blockIdx.x == 0) check_device_values(a);
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kStepParameters;
  float parameter[kStepPieces][4], gradient[kStepPieces][4], buffer[kStepPieces][4];
#pragma unroll
  for (int piece = 0; piece < kStepPieces; ++piece) {
    const int64_t at = first + 4 * (piece * kElementThreads + static_cast<int64_t>(threadIdx.x));
    if (a.wide && at + 4 <= a.count) {
      read_wide(a.parameter + at, parameter[piece]);
      read_wide(a.gradient + at, gradient[piece]);
      read_wide(a.buffer + at, buffer[piece]);
    } else {
      read_narrow(a.parameter + at, a.count - at, parameter[piece]);
      read_narrow(a.gradient + at, a.count - at, gradient[piece]);
      read_narrow(a.buffer + at, a.count - at, buffer[piece]);
    }
  }
  // The block's segments, found while the reads are under way; most blocks lie within one.
  const int64_t last = (first + kStepParameters < a.count ? first + kStepParameters : a.count) - 1;
  const int64_t low = segment_of(a.ends, 0, a.segments - 1, first), high = segment_of(a.ends, low, a.segments - 1, last);
  const float block_decay = a.decay[low];
  const SgdRates rates{a.rates[0], a.rates[1]};
#pragma unroll
  for (int piece = 0; piece < kStepPieces; ++piece) {
    const int64_t at = first + 4 * (piece * kElementThreads + static_cast<int64_t>(threadIdx.x));
    if (at >= a.count) continue;
    int64_t segment = low == high ? low : segment_of(a.ends, low, high, at);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      float decay = block_decay;
      if (low != high) {
        while (segment < high && a.ends[segment] <= at + i) ++segment;
        decay = a.decay[segment];
      }
      step_one(a, rates, decay, gradient[piece][i], parameter[piece][i], buffer[piece][i]);
    }
    if (a.wide && at + 4 <= a.count) {
      write_wide(a.parameter + at, parameter[piece]);
      write_wide(a.buffer + at, buffer[piece]);
      if (a.rounded != nullptr) {
        gpu::store8(a.rounded + at,
                    {gpu::pack_bf16(parameter[piece][0], parameter[piece][1]), gpu::pack_bf16(parameter[piece][2], parameter[piece][3])});
      }
    } else {
      write_narrow(a.parameter + at, a.count - at, parameter[piece]);
      write_narrow(a.buffer + at, a.count - at, buffer[piece]);
      if (a.rounded != nullptr) write_narrow(a.rounded + at, a.count - at, parameter[piece]);
    }
  }
}

}  // namespace

OCT_NO_WORKSPACE(sgd_step)
oct_status sgd_step(Launches& launches, const oct_sgd_step_args& args, void*) {
  SgdStep a{};
  a.parameter = data<float>(args.parameter);
  a.gradient = data<float>(args.gradient);
  a.buffer = data<float>(args.buffer);
  a.rounded = data<gpu::bf16>(args.parameter_bf16);
  a.count = args.parameter.shape[0];
  a.ends = data<int64_t>(args.segment_ends);
  a.decay = data<float>(args.segment_decay);
  a.segments = args.segment_ends.shape[0];
  a.rates = data<float>(args.rates);
  a.momentum = args.momentum;
  a.nesterov = args.nesterov != 0;
  a.wide = aligned({a.parameter, a.gradient, a.buffer}) && aligned({a.rounded}, 8);
  a.fault = launches.fault();
  const gpu::LaunchShape shape{element_blocks(a.count, 4, kStepPieces), dim3(kElementThreads)};
  return launch(launches, "sgd_all_segments", sgd_all_segments, shape, a);
}

}  // namespace oct::cuda
