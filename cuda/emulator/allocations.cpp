// operator new of this library, with a counter. The library is linked -Bsymbolic with a static libstdc++, and symbols.map hides these
// functions: they replace only those of this library's code.
#include "allocations.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "octothorpe/emulated.h"

namespace emu {
namespace {

std::atomic<int64_t> allocations{0};
thread_local bool within_emulator = false;

void* count_and_allocate(size_t bytes, size_t alignment) noexcept {
  if (!within_emulator) allocations.fetch_add(1, std::memory_order_relaxed);
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes > 0 ? bytes : 1);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(size_t bytes, size_t alignment) {
  void* memory = count_and_allocate(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

WithinEmulator::WithinEmulator() : outer_(within_emulator) { within_emulator = true; }
WithinEmulator::~WithinEmulator() { within_emulator = outer_; }

int64_t host_allocations() { return allocations.load(std::memory_order_relaxed); }

}  // namespace emu

extern "C" int64_t oct_emulated_host_allocations(void) { return emu::host_allocations(); }

// The forms without a throw and for arrays call these, by the standard.
void* operator new(size_t bytes) { return emu::allocate_or_throw(bytes, 0); }
void* operator new(size_t bytes, std::align_val_t alignment) { return emu::allocate_or_throw(bytes, static_cast<size_t>(alignment)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
