// Functions of one element: y[i] = f(x[i], ..). Bound by memory: each stream once, 16 bytes per access.
#pragma once
#include <algorithm>

#include "runtime/launches.h"

namespace oct::cuda {

// The width of a thread's piece of a row or an array: 16 bytes of the narrower type.
template <class... T>
constexpr int kPiece = 16 / static_cast<int>(std::min({sizeof(T)...}));

// `Count` elements, whose first is 16-byte aligned, as float.
template <int Count, class T>
GPU_INLINE void read_wide(const T* from, float (&values)[Count]) {
  if constexpr (sizeof(T) == 4) {
#pragma unroll
    for (int i = 0; i < Count; i += 4) {
      const uint4 bits = gpu::load16(from + i);
      values[i] = __uint_as_float(bits.x);
      values[i + 1] = __uint_as_float(bits.y);
      values[i + 2] = __uint_as_float(bits.z);
      values[i + 3] = __uint_as_float(bits.w);
    }
  } else {
#pragma unroll
    for (int i = 0; i < Count; i += 8) {
      const uint4 bits = gpu::load16(from + i);
      values[i] = gpu::low_bf16(bits.x);
      values[i + 1] = gpu::high_bf16(bits.x);
      values[i + 2] = gpu::low_bf16(bits.y);
      values[i + 3] = gpu::high_bf16(bits.y);
      values[i + 4] = gpu::low_bf16(bits.z);
      values[i + 5] = gpu::high_bf16(bits.z);
      values[i + 6] = gpu::low_bf16(bits.w);
      values[i + 7] = gpu::high_bf16(bits.w);
    }
  }
}

template <int Count, class T>
GPU_INLINE void write_wide(T* to, const float (&values)[Count]) {
  if constexpr (sizeof(T) == 4) {
#pragma unroll
    for (int i = 0; i < Count; i += 4) {
      gpu::store16(to + i, {__float_as_uint(values[i]), __float_as_uint(values[i + 1]), __float_as_uint(values[i + 2]),
                            __float_as_uint(values[i + 3])});
    }
  } else {
#pragma unroll
    for (int i = 0; i < Count; i += 8) {
      gpu::store16(to + i, {gpu::pack_bf16(values[i], values[i + 1]), gpu::pack_bf16(values[i + 2], values[i + 3]),
                            gpu::pack_bf16(values[i + 4], values[i + 5]), gpu::pack_bf16(values[i + 6], values[i + 7])});
    }
  }
}

// The first `count` of a piece's elements, one at a time: tails, and memory that is not 16-byte aligned. What is past them reads 0.
template <int Count, class T>
GPU_INLINE void read_narrow(const T* from, int64_t count, float (&values)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i) values[i] = i < count ? gpu::to_float(from[i]) : 0.0f;
}

template <int Count, class T>
GPU_INLINE void write_narrow(T* to, int64_t count, const float (&values)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i) {
    if (i < count) to[i] = gpu::from_float<T>(values[i]);
  }
}

// One piece of a row: `Width` elements whose first is 16-byte aligned, or one.
template <int Width, class T>
GPU_INLINE void read_piece(const T* from, float (&values)[Width]) {
  if constexpr (Width == 1) {
    values[0] = gpu::to_float(from[0]);
  } else {
    read_wide(from, values);
  }
}

template <int Width, class T>
GPU_INLINE void write_piece(T* to, const float (&values)[Width]) {
  if constexpr (Width == 1) {
    to[0] = gpu::from_float<T>(values[0]);
  } else {
    write_wide(to, values);
  }
}

template <int Inputs, class From, class To>
struct ElementWise {
  const From* input[Inputs];
  To* output;     // may be one of the inputs
  int64_t count;  // elements
  bool wide;      // all of them 16-byte aligned
};

constexpr int kElementThreads = 256;
// A thread's pieces: 4 reads of 16 bytes are under way before the first write, with registers for 1,024 threads per multiprocessor.
template <int Inputs>
constexpr int kElementPieces = 4 / Inputs;

// Function::of(const float (&inputs)[Inputs]) is the value of one element.
template <class Function, int Inputs, class From, class To>
__global__ void __launch_bounds__(kElementThreads) element_wise(ElementWise<Inputs, From, To> a) {
  constexpr int kCount = kPiece<From, To>, kPieces = kElementPieces<Inputs>;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kPieces * kElementThreads + threadIdx.x;
  float values[kPieces][Inputs][kCount];
#pragma unroll
  for (int piece = 0; piece < kPieces; ++piece) {
    const int64_t at = (first + piece * kElementThreads) * kCount;
#pragma unroll
    for (int input = 0; input < Inputs; ++input) {
      if (a.wide && at + kCount <= a.count) {
        read_wide(a.input[input] + at, values[piece][input]);
      } else {
        read_narrow(a.input[input] + at, a.count - at, values[piece][input]);
      }
    }
  }
#pragma unroll
  for (int piece = 0; piece < kPieces; ++piece) {
    const int64_t at = (first + piece * kElementThreads) * kCount;
    float results[kCount];
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      float inputs[Inputs];
#pragma unroll
      for (int input = 0; input < Inputs; ++input) inputs[input] = values[piece][input][i];
      results[i] = Function::of(inputs);
    }
    if (a.wide && at + kCount <= a.count) {
      write_wide(a.output + at, results);
    } else {
      write_narrow(a.output + at, a.count - at, results);
    }
  }
}

// Blocks of kElementThreads threads that cover `count` elements.
inline dim3 element_blocks(int64_t count, int piece, int pieces) {
  return dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(count, static_cast<int64_t>(piece) * pieces * kElementThreads)));
}

template <class Function, int Inputs, class From, class To>
oct_status launch_element_wise(Launches& launches, const char* name, ElementWise<Inputs, From, To> a) {
  a.wide = aligned({a.output}) && std::all_of(a.input, a.input + Inputs, [](const From* input) { return aligned({input}); });
  const gpu::LaunchShape shape{element_blocks(a.count, kPiece<From, To>, kElementPieces<Inputs>), dim3(kElementThreads)};
  return launch(launches, name, element_wise<Function, Inputs, From, To>, shape, a);
}

}  // namespace oct::cuda
