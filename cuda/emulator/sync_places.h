// Words that atomics go through together with fences, and so order other accesses: __threadfence(), atomic, atomic, __threadfence().
#pragma once

namespace emu {

void forget_sync_places();

}  // namespace emu
