// What kernels call before each access of memory: GCC's -fsanitize=thread inserts the calls, and this file answers them in place of
// libtsan, which is not linked.
#include <cstring>

#include "findings.h"
#include "memory.h"
#include "parts.h"
#include "scheduler.h"
#include "shadow.h"

namespace emu {
namespace {

bool any_hook = false;
constexpr uint32_t turn = 1u << 16;
uint32_t left_of_turn = turn;

// A thread that polls a word with ordinary loads would keep the turn forever.
void turn_is_over(Site site) {
  left_of_turn = turn;
  current->wait_site = site;
  check_time();
  yield();
}

__attribute__((noinline)) void check_in_full(Fiber& fiber, const void* address, size_t bytes, Act act, const void* caller) {
  const Site site = site_of(caller);
  check_access(fiber, address, bytes, act, site);
  if (settings.preempt > 0 && in_arena(address) && chance(settings.preempt)) {
    fiber.wait_site = site;
    yield();
  }
}

__attribute__((noinline)) void on_host(const void* address, size_t bytes, Act act, const void* caller) {
  any_hook = true;
  if (arena.begin == nullptr || !in_arena(address)) return;
  const Site site = site_of(caller);
  if (!found_before(Kind::device_memory_on_host, site)) {
    add_finding({Kind::device_memory_on_host, nullptr, site, act == Act::read ? "read" : "write", bytes}, "by host code");
  }
}

// Was the word's record, or its part's, left by this thread since it last synchronized? Then this access changes nothing.
template <Act Kind>
__attribute__((always_inline)) inline bool known(const Cell& cell, Epoch epoch) {
  if constexpr (Kind == Act::read) return cell.read == epoch && cell.flags == 0;
  return cell.write == epoch && cell.flags == 0 && cell.list == 0 && (cell.read == 0 || cell.read == epoch);
}

template <size_t Bytes, Act Kind>
__attribute__((always_inline)) inline bool known_at(size_t offset, Epoch epoch) {
  if (offset % Bytes != 0) return false;
  const Cell* cell = arena.cells + offset / 4;
  if constexpr (Bytes >= 4) {
    bool all = true;
    for (size_t i = 0; i < Bytes / 4; ++i) all &= known<Kind>(cell[i], epoch);
    return all;
  } else {
    if (cell->flags != cell_split) return known<Kind>(*cell, epoch);
    const bool shared = offset < windows_bytes;
    if (sequence_of(cell->write) < (shared ? machine.sequence : machine.first_sequence)) return false;  // its parts are gone
    const Parts& parts = parts_pool(shared)[cell->list];
    if constexpr (Bytes == 2)
      return known<Kind>(parts.of[offset % 4], epoch) && (!parts.bytes || known<Kind>(parts.of[offset % 4 + 1], epoch));
    return parts.bytes && known<Kind>(parts.of[offset % 4], epoch);
  }
}

template <size_t Bytes, Act Kind>
__attribute__((always_inline)) inline void access(const void* address, const void* caller) {
  Fiber* fiber = current;
  if (__builtin_expect(fiber == nullptr, 0)) return on_host(address, Bytes, Kind, caller);
  if (__builtin_expect(!settings.check, 0)) return;
  if (__builtin_expect(--left_of_turn == 0, 0)) turn_is_over(site_of(caller));
  const size_t offset = arena_offset(address);
  if (offset < arena_bytes) {
    if (__builtin_expect(known_at<Bytes, Kind>(offset, fiber->epoch), 1) && settings.preempt == 0) return;
  } else if (static_cast<const char*>(address) >= fiber->stack_begin && static_cast<const char*>(address) + Bytes <= fiber->stack_end &&
             fiber->registers.empty()) {
    return;
  }
  check_in_full(*fiber, address, Bytes, Kind, caller);
}

void access_range(const void* address, size_t bytes, Act act, const void* caller) {
  if (bytes == 0) return;
  if (current == nullptr) return on_host(address, bytes, act, caller);
  if (settings.check) check_in_full(*current, address, bytes, act, caller);
}

}  // namespace

bool instrumented() { return any_hook; }

}  // namespace emu

using emu::Act;

// NOLINTBEGIN: the names are the compiler's.
#define EMU_HOOK __attribute__((visibility("default"))) void
#define EMU_HOOKS(n)                                                                                          \
  EMU_HOOK __tsan_read##n(void* p) { emu::access<n, Act::read>(p, __builtin_return_address(0)); }             \
  EMU_HOOK __tsan_write##n(void* p) { emu::access<n, Act::write>(p, __builtin_return_address(0)); }           \
  EMU_HOOK __tsan_unaligned_read##n(void* p) { emu::access<n, Act::read>(p, __builtin_return_address(0)); }   \
  EMU_HOOK __tsan_unaligned_write##n(void* p) { emu::access<n, Act::write>(p, __builtin_return_address(0)); } \
  EMU_HOOK __tsan_volatile_read##n(void* p) { emu::access<n, Act::read>(p, __builtin_return_address(0)); }    \
  EMU_HOOK __tsan_volatile_write##n(void* p) { emu::access<n, Act::write>(p, __builtin_return_address(0)); }

extern "C" {
EMU_HOOKS(1)
EMU_HOOKS(2)
EMU_HOOKS(4)
EMU_HOOKS(8)
EMU_HOOKS(16)
EMU_HOOK __tsan_read_range(void* p, unsigned long n) { emu::access_range(p, n, Act::read, __builtin_return_address(0)); }
EMU_HOOK __tsan_write_range(void* p, unsigned long n) { emu::access_range(p, n, Act::write, __builtin_return_address(0)); }
EMU_HOOK __tsan_init() { emu::any_hook = true; }
EMU_HOOK __tsan_func_entry(void*) {}
EMU_HOOK __tsan_func_exit() {}
EMU_HOOK __tsan_vptr_update(void**, void*) {}
EMU_HOOK __tsan_vptr_read(void**) {}
// The guard of a function's static variable, which only host code has.
__attribute__((visibility("default"))) unsigned char __tsan_atomic8_load(const volatile unsigned char* p, int) {
  return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
}
// NOLINTEND
