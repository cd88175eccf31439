// Asynchronous copies: cp.async of threads, and the copy engine's bulk and tensor transfers.
#pragma once
#include <cstdint>
#include <vector>

#include "machine.h"

namespace emu {

// A contiguous part of a transfer; from null: zeros.
struct Piece {
  char* to;
  const char* from;
  size_t bytes;
};

// Begins a transfer from global to shared memory that reports `bytes` to the mbarrier; the pieces have been checked.
void begin_load(Fiber& fiber, std::vector<Piece> pieces, uint32_t bytes, const uint64_t* barrier, Site site, const char* what);
// Begins one from shared to global memory in the thread's bulk group.
void begin_store(Fiber& fiber, std::vector<Piece> pieces, Site site, const char* what);
// Checks the reading and writing of a transfer's pieces, and drops those that touch no memory: the rest still moves, and its bytes are
// still reported, or a deadlock would follow every other finding.
void check_pieces(Fiber& fiber, std::vector<Piece>& pieces, Site site);

// The engine works while threads run: lands a transfer now and then.
void copy_engine_step();
// Lands one transfer that an mbarrier waits for; false: there is none.
bool land_one_copy();
// A thread returns, with copies under way or not.
void copies_without(Fiber& fiber);
void thread_copies_without(Fiber& fiber);
void forget_copies();

}  // namespace emu
