// Warp operations. One primitive: lanes park in collective(), the last to arrive runs `run` for all of them.
#pragma once
#include <cstdint>
#include <cstring>

#include "builtins.h"

namespace emu {

// arguments[lane] is what that lane passed; only lanes of `mask` are there.
using CollectiveFunction = void (*)(void** arguments, uint32_t mask, const char* file, int line);

// Two lanes of a warp that meet with another function, or from another line, have diverged: a finding. `orders_memory` is true of
// __syncwarp alone.
EMU_CALL void collective(uint32_t mask, CollectiveFunction run, void* argument, bool orders_memory, const char* file, int line);
EMU_CALL uint32_t lane_index();
EMU_CALL uint32_t active_lanes();
EMU_CALL void inactive_source(int lane, int source, const char* file, int line);

template <class T>
struct Shuffle {
  T value;
  T result;
  int source;  // out of the segment: the lane keeps its own value
};

template <class T>
__attribute__((no_sanitize("thread"))) void run_shuffle(void** arguments, uint32_t mask, const char* file, int line) {
  for (int lane = 0; lane < 32; ++lane) {
    if (!(mask >> lane & 1u)) continue;
    auto* shuffle = static_cast<Shuffle<T>*>(arguments[lane]);
    if (mask >> shuffle->source & 1u) {
      shuffle->result = static_cast<Shuffle<T>*>(arguments[shuffle->source])->value;
    } else {
      inactive_source(lane, shuffle->source, file, line);
      std::memset(static_cast<void*>(&shuffle->result), 0xff, sizeof(T));
    }
  }
}

template <class T>
EMU_CALL T shuffle(uint32_t mask, T value, int source, const char* file, int line) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle moves 4 or 8 bytes");
  Shuffle<T> argument{value, value, source};
  collective(mask, run_shuffle<T>, &argument, false, file, line);
  return argument.result;
}

struct Vote {
  uint32_t predicate;
  uint32_t result;
};
EMU_CALL uint32_t ballot(uint32_t mask, bool predicate, const char* file, int line);
EMU_CALL void warp_barrier(uint32_t mask, const char* file, int line);

template <class T>
struct Reduction {
  T value;
  T result;
  T (*combine)(T, T);
};

template <class T>
__attribute__((no_sanitize("thread"))) void run_reduction(void** arguments, uint32_t mask, const char*, int) {
  bool first = true;
  T sum{};
  for (int lane = 0; lane < 32; ++lane) {
    if (!(mask >> lane & 1u)) continue;
    auto* reduction = static_cast<Reduction<T>*>(arguments[lane]);
    sum = first ? reduction->value : reduction->combine(sum, reduction->value);
    first = false;
  }
  for (int lane = 0; lane < 32; ++lane) {
    if (mask >> lane & 1u) static_cast<Reduction<T>*>(arguments[lane])->result = sum;
  }
}

template <class T>
EMU_CALL T reduce(uint32_t mask, T value, T (*combine)(T, T), const char* file, int line) {
  static_assert(sizeof(T) == 4, "redux.sync takes 32-bit integers");
  Reduction<T> argument{value, value, combine};
  collective(mask, run_reduction<T>, &argument, false, file, line);
  return argument.result;
}

}  // namespace emu

inline void __syncwarp(uint32_t mask = 0xffffffffu, EMU_AT) { emu::warp_barrier(mask, file, line); }
inline uint32_t __ballot_sync(uint32_t mask, int predicate, EMU_AT) { return emu::ballot(mask, predicate != 0, file, line); }
inline int __any_sync(uint32_t mask, int predicate, EMU_AT) { return emu::ballot(mask, predicate != 0, file, line) != 0; }
inline int __all_sync(uint32_t mask, int predicate, EMU_AT) { return emu::ballot(mask, predicate == 0, file, line) == 0; }
inline uint32_t __activemask() { return emu::active_lanes(); }

template <class T>
inline T __shfl_sync(uint32_t mask, T value, int source, int width = 32, EMU_AT) {
  const int lane = static_cast<int>(emu::lane_index());
  return emu::shuffle(mask, value, (lane & ~(width - 1)) | (source & (width - 1)), file, line);
}

template <class T>
inline T __shfl_up_sync(uint32_t mask, T value, unsigned distance, int width = 32, EMU_AT) {
  const int lane = static_cast<int>(emu::lane_index());
  const int source = lane - static_cast<int>(distance);
  return emu::shuffle(mask, value, source < (lane & ~(width - 1)) ? lane : source, file, line);
}

template <class T>
inline T __shfl_down_sync(uint32_t mask, T value, unsigned distance, int width = 32, EMU_AT) {
  const int lane = static_cast<int>(emu::lane_index());
  const int source = lane + static_cast<int>(distance);
  return emu::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, file, line);
}

template <class T>
inline T __shfl_xor_sync(uint32_t mask, T value, int distance, int width = 32, EMU_AT) {
  const int lane = static_cast<int>(emu::lane_index());
  const int source = lane ^ distance;
  return emu::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, file, line);
}

template <class T>
inline T __reduce_add_sync(uint32_t mask, T value, EMU_AT) {
  return emu::reduce<T>(
      mask, value, [](T a, T b) -> T { return a + b; }, file, line);
}

template <class T>
inline T __reduce_min_sync(uint32_t mask, T value, EMU_AT) {
  return emu::reduce<T>(
      mask, value, [](T a, T b) -> T { return b < a ? b : a; }, file, line);
}

template <class T>
inline T __reduce_max_sync(uint32_t mask, T value, EMU_AT) {
  return emu::reduce<T>(
      mask, value, [](T a, T b) -> T { return a < b ? b : a; }, file, line);
}
