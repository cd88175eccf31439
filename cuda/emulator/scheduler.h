// Who runs next. Threads switch to each other directly; a thread runs until it waits.
#pragma once
#include "machine.h"

namespace emu {

uint64_t random_number();
void seed_random(uint64_t seed);
bool chance(double probability);

// Runs the cluster's threads until all have returned, or none can go on (deadlock: some of them wait).
void run_threads();
void make_ready(Fiber& fiber);
// The calling thread waits until another makes it ready again. `what` and `site` are for the text of a deadlock.
void wait(const char* what, Site site);
// The calling thread was made ready with others; the first of them runs.
void wait_for_turn();
// The calling thread lets others go first.
void yield();
// Ends the launch when it has run for too long.
void check_time();

}  // namespace emu
