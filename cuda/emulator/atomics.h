// Atomic operations. Relaxed, as CUDA's are: they order other accesses only together with __threadfence().
#pragma once
#include <cstdint>

#include "builtins.h"

namespace emu {

// Checks the access and lets other threads go first now and then; false: the address is not memory, and nothing may be written.
EMU_CALL bool begin_atomic(void* address, size_t bytes, const char* file, int line);

template <class T, class Update>
EMU_CALL T atomic_update(T* address, T operand, T other, Update update, const char* file, int line) {
  if (!begin_atomic(address, sizeof(T), file, line)) return T{};
  const T old = *address;
  *address = update(old, operand, other);
  return old;
}

#define EMU_ATOMIC(name, expression)                                                                      \
  template <class T>                                                                                      \
  inline T name(T* address, T operand, EMU_AT) {                                                          \
    auto update = [](T old, T value, T) __attribute__((no_sanitize("thread")))->T { return expression; }; \
    return atomic_update(address, operand, T{}, update, file, line);                                      \
  }

EMU_ATOMIC(atomic_add, static_cast<T>(old + value))
EMU_ATOMIC(atomic_sub, static_cast<T>(old - value))
EMU_ATOMIC(atomic_min, value < old ? value : old)
EMU_ATOMIC(atomic_max, old < value ? value : old)
EMU_ATOMIC(atomic_and, static_cast<T>(old& value))
EMU_ATOMIC(atomic_or, static_cast<T>(old | value))
EMU_ATOMIC(atomic_xor, static_cast<T>(old ^ value))
EMU_ATOMIC(atomic_exchange, (static_cast<void>(old), value))
EMU_ATOMIC(atomic_increment, old >= value ? T{0} : static_cast<T>(old + 1))
EMU_ATOMIC(atomic_decrement, old == 0 || old > value ? value : static_cast<T>(old - 1))
#undef EMU_ATOMIC

template <class T>
inline T atomic_compare_exchange(T* address, T expected, T value, EMU_AT) {
  auto update = [](T old, T expect, T desired) __attribute__((no_sanitize("thread")))->T { return old == expect ? desired : old; };
  return atomic_update(address, expected, value, update, file, line);
}

template <class T>
struct Same {
  using type = T;
};

}  // namespace emu

#define EMU_CUDA_ATOMIC(cuda, name)                                        \
  template <class T>                                                       \
  inline T cuda(T* address, typename emu::Same<T>::type operand, EMU_AT) { \
    return emu::name(address, operand, file, line);                        \
  }
EMU_CUDA_ATOMIC(atomicAdd, atomic_add)
EMU_CUDA_ATOMIC(atomicSub, atomic_sub)
EMU_CUDA_ATOMIC(atomicMin, atomic_min)
EMU_CUDA_ATOMIC(atomicMax, atomic_max)
EMU_CUDA_ATOMIC(atomicAnd, atomic_and)
EMU_CUDA_ATOMIC(atomicOr, atomic_or)
EMU_CUDA_ATOMIC(atomicXor, atomic_xor)
EMU_CUDA_ATOMIC(atomicExch, atomic_exchange)
EMU_CUDA_ATOMIC(atomicInc, atomic_increment)
EMU_CUDA_ATOMIC(atomicDec, atomic_decrement)
#undef EMU_CUDA_ATOMIC

template <class T>
inline T atomicCAS(T* address, typename emu::Same<T>::type expected, typename emu::Same<T>::type value, EMU_AT) {
  return emu::atomic_compare_exchange(address, expected, value, file, line);
}
