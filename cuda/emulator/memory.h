// The device's memory: one reserved range of addresses that holds the shared memory of up to 16 blocks and the global heap, and beside it
// what is known of each 4-byte word. Nothing of it costs real memory until it is touched.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "machine.h"
#include "shadow.h"

namespace emu {

constexpr size_t arena_bytes = size_t{64} << 30;
constexpr size_t window_bytes = size_t{1} << 20;  // of a block's shared memory, redzones included; a power of two, so that the low 20 bits
                                                  // of an address are its place in the block (swizzles read them)
constexpr uint32_t most_blocks = 16;
constexpr size_t windows_bytes = window_bytes * most_blocks;
constexpr size_t redzone = 64 << 10;  // between allocations of global memory
constexpr size_t most_shared = 227 << 10;
constexpr size_t most_static_shared = 48 << 10;

// low half: which of the word's 4 bytes are memory; high half: which are initialized.
using WordState = uint8_t;

struct Arena {
  char* begin = nullptr;
  WordState* states = nullptr;  // one per word
  Cell* cells = nullptr;        // one per word
};
extern Arena arena;
void reserve_arena();
// Addresses without memory behind them until they are touched; throws std::bad_alloc.
void* reserve_addresses(size_t bytes);

inline size_t arena_offset(const void* address) { return static_cast<size_t>(static_cast<const char*>(address) - arena.begin); }
inline bool in_arena(const void* address) { return arena_offset(address) < arena_bytes; }
inline bool is_shared(const void* address) { return arena_offset(address) < windows_bytes; }
inline bool is_global(const void* address) { return in_arena(address) && !is_shared(address); }
inline uint32_t window_of(const void* address) { return static_cast<uint32_t>(arena_offset(address) / window_bytes); }
inline char* window_begin(uint32_t block) { return arena.begin + block * window_bytes; }

// Exact to the byte.
void set_states(char* begin, size_t bytes, bool memory, bool initialized);
void set_initialized(const void* begin, size_t bytes);
// As initialized as the source is.
void copy_initialized(void* to, const void* from, size_t bytes);
bool is_memory(const void* begin, size_t bytes);

// Lays out the shared memory of a launch's blocks; false with a text: too much.
std::string begin_shared(size_t dynamic_bytes);
// Poisons it again for each cluster.
void fresh_shared();
// What of a launch's arrays is near an address, for texts: "12 bytes past shared array `part` of 512 bytes".
std::string whereabouts(const void* address);
// Drops the memory behind the records of the launch's accesses; true of an address that was freed.
bool was_freed(const void* address);

}  // namespace emu
