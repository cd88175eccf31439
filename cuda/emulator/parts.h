// The records of the parts of a word, where parts of it are accessed.
#pragma once
#include "readers.h"
#include "shadow.h"

namespace emu {

// Halves (the records 0 and 2), or bytes.
struct Parts {
  Cell of[4];
  bool bytes;
  uint32_t next;
};

// Those of shared memory live for a cluster, those of global memory for a launch.
extern Pool<Parts> parts_pools[2];
inline Pool<Parts>& parts_pool(bool shared) { return parts_pools[shared ? 1 : 0]; }

}  // namespace emu
