// Vector loads and stores; addresses are multiples of the width.
#pragma once
#include "platform.h"

namespace gpu {

// 16 bytes of global or shared memory.
GPU_INLINE uint4 load16(const void* address GPU_AT) {
#if GPU_EMULATED
  return emu::load<uint4>(address, file, line);
#else
  return *static_cast<const uint4*>(address);
#endif
}

GPU_INLINE uint2 load8(const void* address GPU_AT) {
#if GPU_EMULATED
  return emu::load<uint2>(address, file, line);
#else
  return *static_cast<const uint2*>(address);
#endif
}

GPU_INLINE uint32_t load4(const void* address GPU_AT) {
#if GPU_EMULATED
  return emu::load<uint32_t>(address, file, line);
#else
  return *static_cast<const uint32_t*>(address);
#endif
}

GPU_INLINE void store16(void* address, uint4 value GPU_AT) {
#if GPU_EMULATED
  emu::store(address, value, file, line);
#else
  *static_cast<uint4*>(address) = value;
#endif
}

GPU_INLINE void store8(void* address, uint2 value GPU_AT) {
#if GPU_EMULATED
  emu::store(address, value, file, line);
#else
  *static_cast<uint2*>(address) = value;
#endif
}

GPU_INLINE void store4(void* address, uint32_t value GPU_AT) {
#if GPU_EMULATED
  emu::store(address, value, file, line);
#else
  *static_cast<uint32_t*>(address) = value;
#endif
}

// 16 bytes of global memory that is not written during the launch and that are read once: past L1, first to leave L2.
GPU_INLINE uint4 load16_once(const void* address GPU_AT) {
#if GPU_EMULATED
  return emu::load<uint4>(address, file, line);
#else
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(address));
  return value;
#endif
}

// 16 bytes of global memory that this launch does not read again.
GPU_INLINE void store16_once(void* address, uint4 value GPU_AT) {
#if GPU_EMULATED
  emu::store(address, value, file, line);
#else
  asm volatile("st.global.cs.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(address), "r"(value.x), "r"(value.y), "r"(value.z), "r"(value.w)
               : "memory");
#endif
}

}  // namespace gpu
