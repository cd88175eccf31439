// What is known of the accesses of each word of memory, and the check of an access against it.
//
// A word's record (`Cell`) is the last write, and since it the readers: one epoch while they are ordered, else a list of every warp's lanes
// (FastTrack's idea [Flanagan & Freund 2009], exact for any number of readers). A word of which parts are accessed has a record for each
// half or byte instead, so neighboring elements of 1 or 2 bytes never seem to touch.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emu {

struct Fiber;

struct Cell {
  uint64_t write;  // epoch; 0: none
  uint64_t read;   // epoch of the last reader; the only one unless `list`
  uint32_t write_site;
  uint32_t read_site;
  uint32_t list;  // readers and atomics, or (split) the parts; 0: none
  uint32_t flags;
};

enum CellFlag : uint32_t {
  cell_split = 1,         // `list` is the number of a Parts
  cell_atomics = 2,       // the list has atomic accesses
  cell_arriving = 4,      // an asynchronous copy into it is under way
  cell_leaving = 8,       // asynchronous reads of it are under way (flights.h)
  cell_barrier = 16,      // an mbarrier lies there
  cell_async_write = 32,  // the last write was the async proxy's
};

enum class Act : uint8_t { read, write, atomic };

struct Actor;
// Checks `bytes` bytes at `address` for the thread. False: not memory, so it must not be touched. `async`: the async proxy's access, begun
// by the thread; `as`: recorded as an agent's.
bool check_access(Fiber& fiber, const void* address, size_t bytes, Act act, uint32_t site, bool async = false, const Actor* as = nullptr);

// An asynchronous copy into those bytes begins (after its check as a write), or ends as a write of that epoch.
void begin_arrival(const void* address, size_t bytes);
void end_arrival(const void* address, size_t bytes, uint64_t epoch, bool async);
// An asynchronous read begins; flights.h knows which, and when it ends.
void begin_leaving(const void* address, size_t bytes);
void set_barrier(const void* address, uint64_t epoch, uint32_t site);

// Lists of readers and parts are dropped with the cluster (of shared memory) and with the launch (of global memory).
void forget_shared_lists();
void forget_global_lists();

}  // namespace emu
