#include "memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <new>

#include "findings.h"
#include "instructions.h"
#include "launch.h"

namespace emu {

Arena arena;

namespace {

struct Allocation {
  size_t bytes;
  size_t span;  // with its redzone
};
std::map<char*, Allocation> live;       // by address
std::map<char*, Allocation> freed;      // in quarantine
std::deque<char*> quarantine;           // the oldest first
std::multimap<size_t, char*> reusable;  // by span
size_t quarantined_bytes = 0;
size_t reusable_bytes = 0;
constexpr size_t most_idle_bytes = size_t{256} << 20;
size_t live_bytes = 0;
char* heap_end = nullptr;
constexpr size_t alignment = 256;  // what cudaMalloc guarantees
constexpr size_t quarantine_bytes = size_t{64} << 20;
constexpr size_t quarantine_count = 1024;

struct SharedArray {
  const void* identity;
  const char* name;
  size_t offset;
  size_t bytes;
};
std::vector<SharedArray> arrays;
size_t shared_top = 0;
size_t static_bytes = 0;
constexpr size_t shared_redzone = 1024;
const char dynamic_identity = 0;

size_t round_up(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

// Gives pages that lie wholly inside back to the system.
void drop_pages(void* begin, size_t bytes) {
  const auto first = round_up(reinterpret_cast<uintptr_t>(begin), 4096);
  const auto last = (reinterpret_cast<uintptr_t>(begin) + bytes) & ~uintptr_t{4095};
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

void recycle_oldest() {
  char* data = quarantine.front();
  quarantine.pop_front();
  const auto at = freed.find(data);
  quarantined_bytes -= at->second.bytes;
  // A page given back costs a fault when it is used again, so that happens only where much lies idle.
  if (reusable_bytes > most_idle_bytes) {
    drop_pages(data, at->second.bytes);
    drop_pages(arena.cells + arena_offset(data) / 4, at->second.bytes / 4 * sizeof(Cell));
  }
  reusable.insert({at->second.span, data});
  reusable_bytes += at->second.span;
  freed.erase(at);
}

const std::pair<char* const, Allocation>* nearest(const std::map<char*, Allocation>& allocations, const char* address) {
  auto after = allocations.upper_bound(const_cast<char*>(address));
  const std::pair<char* const, Allocation>* best = nullptr;
  size_t distance = redzone;
  if (after != allocations.begin()) {
    const auto& before = *std::prev(after);
    const char* end = before.first + before.second.bytes;
    const size_t past = address < end ? 0 : static_cast<size_t>(address - end) + 1;
    if (past < distance) {
      distance = past;
      best = &before;
    }
  }
  if (after != allocations.end() && static_cast<size_t>(after->first - address) < distance) best = &*after;
  return best;
}

std::string relative(const char* address, const char* begin, size_t bytes, const std::string& name) {
  const std::string of = name + " of " + std::to_string(bytes) + " bytes";
  if (address < begin) return std::to_string(begin - address) + " bytes before " + of;
  const auto offset = static_cast<size_t>(address - begin);
  if (offset >= bytes) return std::to_string(offset - bytes) + " bytes past the end of " + of;
  return "at byte " + std::to_string(offset) + " of " + of;
}

char* add_array(const void* identity, const char* name, size_t bytes, size_t alignment_wanted) {
  shared_top = round_up(shared_top + shared_redzone, alignment_wanted);
  arrays.push_back({identity, name, shared_top, bytes});
  const size_t offset = shared_top;
  shared_top += bytes;
  for (uint32_t block = 0; block < machine.cluster; ++block) {
    char* data = window_begin(block) + offset;
    std::memset(data, 0xff, bytes);
    set_states(data, bytes, true, false);
  }
  return window_begin(current ? current->block : 0) + offset;
}

}  // namespace

void* reserve_addresses(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  madvise(memory, bytes, MADV_DONTDUMP);
  // Records lie far apart, so that 4 KB pages miss in the TLB and fault by the thousand; refused where the system has no large ones.
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void reserve_arena() {
  if (arena.begin) return;
  char* raw = static_cast<char*>(reserve_addresses(arena_bytes + window_bytes));
  arena.states = static_cast<WordState*>(reserve_addresses(arena_bytes / 4));
  arena.cells = static_cast<Cell*>(reserve_addresses(arena_bytes / 4 * sizeof(Cell)));
  arena.begin = reinterpret_cast<char*>(round_up(reinterpret_cast<uintptr_t>(raw), window_bytes));
  heap_end = arena.begin + windows_bytes + redzone;
}

void set_states(char* begin, size_t bytes, bool memory, bool initialized) {
  const WordState byte_bits = static_cast<WordState>((memory ? 1 : 0) | (initialized ? 0x10 : 0));
  const size_t offset = arena_offset(begin);
  size_t at = offset;
  const size_t end = offset + bytes;
  const auto set_byte = [&](size_t i) {
    WordState& state = arena.states[i / 4];
    state = static_cast<WordState>((state & ~(0x11 << i % 4)) | byte_bits << i % 4);
  };
  for (; at < end && at % 4; ++at) set_byte(at);
  const size_t words = (end - at) / 4;
  std::memset(arena.states + at / 4, byte_bits * 0xf, words);
  for (at += words * 4; at < end; ++at) set_byte(at);
}

void set_initialized(const void* begin, size_t bytes) {
  size_t at = arena_offset(begin);
  const size_t end = at + bytes;
  for (; at < end && at % 4; ++at) arena.states[at / 4] = static_cast<WordState>(arena.states[at / 4] | 0x10 << at % 4);
  for (; at + 4 <= end; at += 4) arena.states[at / 4] |= 0xf0;
  for (; at < end; ++at) arena.states[at / 4] = static_cast<WordState>(arena.states[at / 4] | 0x10 << at % 4);
}

void copy_initialized(void* to, const void* from, size_t bytes) {
  const size_t source = arena_offset(from);
  const size_t target = arena_offset(to);
  std::vector<bool> known(bytes);  // the ranges may overlap
  for (size_t i = 0; i < bytes; ++i) known[i] = arena.states[(source + i) / 4] >> (4 + (source + i) % 4) & 1;
  for (size_t i = 0; i < bytes; ++i) {
    WordState& state = arena.states[(target + i) / 4];
    const int bit = 0x10 << (target + i) % 4;
    state = static_cast<WordState>(known[i] ? state | bit : state & ~bit);
  }
}

bool is_memory(const void* begin, size_t bytes) {
  size_t at = arena_offset(begin);
  const size_t end = at + bytes;
  if (at >= arena_bytes || end > arena_bytes) return false;
  for (; at < end && at % 4; ++at) {
    if (!(arena.states[at / 4] >> at % 4 & 1)) return false;
  }
  for (; at + 4 <= end; at += 4) {
    if ((arena.states[at / 4] & 0xf) != 0xf) return false;
  }
  for (; at < end; ++at) {
    if (!(arena.states[at / 4] >> at % 4 & 1)) return false;
  }
  return true;
}

void* allocate_global(size_t bytes) {
  reserve_arena();
  const size_t span = round_up(std::max<size_t>(bytes, 1), alignment) + redzone;
  char* data = nullptr;
  size_t taken = span;
  // The same size again and again is what a training loop asks for; a little larger will do, or the arena would fragment.
  const auto at = reusable.lower_bound(span);
  if (at != reusable.end() && at->first <= span + span / 4) {
    taken = at->first;
    data = at->second;
    reusable_bytes -= taken;
    reusable.erase(at);
  } else {
    if (static_cast<size_t>(arena.begin + arena_bytes - heap_end) < span) return nullptr;
    data = heap_end;
    heap_end += span;
  }
  std::memset(data, 0xff, bytes);
  set_states(data, bytes, true, false);
  live[data] = {bytes, taken};
  live_bytes += bytes;
  return data;
}

std::string free_global(void* pointer) {
  if (pointer == nullptr) return "";
  auto* data = static_cast<char*>(pointer);
  const auto at = live.find(data);
  if (at == live.end()) {
    std::string text;
    if (freed.count(data)) {
      text = "the memory was freed already";
    } else if (in_arena(data) && nearest(live, data)) {
      text = whereabouts(data) + " is not where an allocation begins";
    } else {
      text = "no allocation begins there";
    }
    add_finding({Kind::bad_free, nullptr}, text);
    resolve_findings();
    return "free: " + text;
  }
  const Allocation allocation = at->second;
  live.erase(at);
  live_bytes -= allocation.bytes;
  set_states(data, allocation.bytes, false, false);
  freed[data] = allocation;
  quarantine.push_back(data);
  quarantined_bytes += allocation.bytes;
  while (quarantine.size() > quarantine_count || (quarantined_bytes > quarantine_bytes && quarantine.size() > 1)) recycle_oldest();
  return "";
}

size_t live_global_bytes() { return live_bytes; }

bool was_freed(const void* address) {
  const auto* at = static_cast<const char*>(address);
  const auto* allocation = nearest(freed, at);
  return allocation && at >= allocation->first && at < allocation->first + allocation->second.bytes;
}

std::string begin_shared(size_t dynamic_bytes) {
  reserve_arena();
  for (uint32_t block = 0; block < most_blocks && shared_top; ++block) set_states(window_begin(block), shared_top, false, false);
  arrays.clear();
  shared_top = 0;
  static_bytes = 0;
  if (dynamic_bytes > most_shared) {
    return std::to_string(dynamic_bytes) + " bytes of dynamic shared memory; a block has " + std::to_string(most_shared);
  }
  // The first kilobyte of a real block's window is the system's: an offset of 0 is not an array.
  if (dynamic_bytes) add_array(&dynamic_identity, "dynamic_shared", dynamic_bytes, 1024);
  counters().shared_bytes = std::max<uint64_t>(counters().shared_bytes, dynamic_bytes);
  return "";
}

void fresh_shared() {
  for (uint32_t block = 0; block < machine.cluster; ++block) {
    for (const SharedArray& array : arrays) {
      char* data = window_begin(block) + array.offset;
      std::memset(data, 0xff, array.bytes);
      set_states(data, array.bytes, true, false);
    }
  }
}

void* shared_array(const void* identity, const char* name, size_t bytes, size_t alignment_wanted) {
  for (const SharedArray& array : arrays) {
    if (array.identity == identity) return window_begin(current ? current->block : 0) + array.offset;
  }
  static_bytes += bytes;
  if (static_bytes > most_static_shared || static_bytes + machine.dynamic_bytes > most_shared) {
    add_finding({Kind::unsupported, current}, "the shared arrays of a block, `" + std::string(name) + "` last, come to " +
                                                  std::to_string(static_bytes) + " bytes beside " + std::to_string(machine.dynamic_bytes) +
                                                  " dynamic ones; a block has 49152 and 232448 in all");
    end_launch("its shared arrays do not fit a block");
  }
  char* data = add_array(identity, name, bytes, alignment_wanted);
  counters().shared_bytes = std::max<uint64_t>(counters().shared_bytes, static_bytes + machine.dynamic_bytes);
  return data;
}

void* dynamic_shared() { return machine.dynamic_bytes ? window_begin(current->block) + arrays[0].offset : nullptr; }

uint32_t shared_offset(const void* shared) { return static_cast<uint32_t>(arena_offset(shared) % window_bytes); }

bool check_load(const void* address, size_t bytes, const char* file, int line) {
  if (!settings.check && in_arena(address)) return true;
  return check_access(*current, address, bytes, Act::read, site_of(file, line));
}

bool check_store(void* address, size_t bytes, const char* file, int line) {
  if (!settings.check && in_arena(address)) return true;
  return check_access(*current, address, bytes, Act::write, site_of(file, line));
}

std::string whereabouts(const void* address) {
  const auto* at = static_cast<const char*>(address);
  if (is_shared(address)) {
    const char* window = window_begin(window_of(address));
    const SharedArray* best = nullptr;
    size_t distance = window_bytes;
    for (const SharedArray& array : arrays) {
      const char* begin = window + array.offset;
      const size_t away = at < begin                 ? static_cast<size_t>(begin - at)
                          : at < begin + array.bytes ? 0
                                                     : static_cast<size_t>(at - begin - static_cast<ptrdiff_t>(array.bytes)) + 1;
      if (away < distance) {
        distance = away;
        best = &array;
      }
    }
    if (best == nullptr) return "in shared memory, where the block has no array";
    return relative(at, window + best->offset, best->bytes, "shared array `" + std::string(best->name) + "`");
  }
  if (!in_arena(address)) return "outside of the device's memory";
  if (was_freed(address)) {
    const auto* old = nearest(freed, at);
    return relative(at, old->first, old->second.bytes, "freed memory");
  }
  if (const auto* near = nearest(live, at)) return relative(at, near->first, near->second.bytes, "global memory");
  return "in global memory, far from any allocation";
}

}  // namespace emu
