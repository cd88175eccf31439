// The life of a thread, block and cluster.
#pragma once
#include "machine.h"

namespace emu {

// The kernel's function has returned on this thread.
void thread_returns(Fiber& fiber);
// Lanes and barriers that waited only for this thread.
void warp_without(Fiber& fiber);
void barriers_without(Fiber& fiber);
void cluster_barrier_without(Fiber& fiber);
// An access of another block's shared memory; false: it has none.
bool check_remote(Fiber& fiber, uint32_t block, Site site);
// The last of a block's threads has returned: others' accesses of its shared memory must be known to be over.
void block_returns(uint32_t block);
// Nobody can run and some threads have not returned.
void report_deadlock();

}  // namespace emu
