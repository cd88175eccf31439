// The permutation that TMA and wgmma apply to addresses of shared memory: bits of the 16-byte chunk are xored with bits of the 128-byte
// row.
#pragma once
#include <cstdint>

namespace emu {

// mode: 0, 1, 2, 3 for none, 32, 64, 128 bytes. Windows of shared memory are aligned well beyond the 1024 bytes that this looks at.
inline char* swizzled(char* address, uint32_t mode) {
  const auto bits = reinterpret_cast<uintptr_t>(address);
  const uintptr_t mask = (uintptr_t{1} << mode) - 1;
  return address + ((bits ^ (bits >> 7 & mask) << 4) - bits);
}

}  // namespace emu
