#include "scheduler.h"

#include <algorithm>
#include <chrono>
#include <deque>

#include "async.h"
#include "fiber.h"
#include "findings.h"
#include "threads.h"

namespace emu {

thread_local constinit Fiber* current __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

uint64_t random_state = 1;
std::vector<Fiber*> ready;  // forward: a queue from `head`; priority: a heap; else a stack
size_t head = 0;
uint64_t lowest_priority = 0;
uint64_t switches = 0;
std::chrono::steady_clock::time_point started;

bool lower_priority(const Fiber* a, const Fiber* b) { return a->priority < b->priority; }

Fiber* take_ready() {
  switch (settings.order) {
    case Order::forward: {
      Fiber* next = ready[head++];
      if (head == ready.size()) {
        ready.clear();
        head = 0;
      } else if (head >= 4096) {
        ready.erase(ready.begin(), ready.begin() + static_cast<ptrdiff_t>(head));
        head = 0;
      }
      return next;
    }
    case Order::priority:
      std::pop_heap(ready.begin(), ready.end(), lower_priority);
      break;
    case Order::random:
      std::swap(ready[random_number() % ready.size()], ready.back());
      break;
    case Order::reverse:
      break;
  }
  Fiber* next = ready.back();
  ready.pop_back();
  return next;
}

// The next thread to run; null: none can, and no copy under way changes that.
Fiber* choose() {
  if ((++switches & 4095) == 0) check_time();
  if (machine.ended) return nullptr;
  copy_engine_step();
  while (head == ready.size()) {
    if (!land_one_copy()) return nullptr;
  }
  return take_ready();
}

void switch_to(Fiber* to) {
  Fiber* from = current;
  if (to == from) return;
  counters().switches++;
  current = to;
  switch_stacks(from, to);
}

void thread_body() {
  machine.run(machine.run_argument);
  Fiber& self = *current;
  thread_returns(self);
  self.state = State::done;
  switch_to(choose());
}

}  // namespace

uint64_t random_number() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

void seed_random(uint64_t seed) {
  random_state = (seed + 1) * 0x9e3779b97f4a7c15u | 1u;
  for (int i = 0; i < 8; ++i) random_number();
  started = std::chrono::steady_clock::now();
}

bool chance(double probability) { return probability > 0 && static_cast<double>(random_number() >> 11) * 0x1p-53 < probability; }

void check_time() {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - started;
  if (passed.count() < settings.seconds || machine.ended) return;
  if (current) {
    add_finding({Kind::runaway, current, current->wait_site}, "the launch still runs after " + std::to_string(settings.seconds) + " s");
  }
  machine.ended = true;
  machine.end_reason = "it ran for more than " + std::to_string(settings.seconds) + " s";
}

void make_ready(Fiber& fiber) {
  fiber.state = State::ready;
  ready.push_back(&fiber);
  if (settings.order == Order::priority) std::push_heap(ready.begin(), ready.end(), lower_priority);
}

void wait(const char* what, Site site) {
  Fiber& self = *current;
  self.state = State::waiting;
  self.wait_what = what;
  self.wait_site = site;
  switch_to(choose());
}

void wait_for_turn() { switch_to(choose()); }

void yield() {
  Fiber& self = *current;
  if (settings.order == Order::priority) self.priority = --lowest_priority;
  if (settings.order == Order::reverse && !ready.empty()) {
    // To the far end: a stack would give the turn straight back.
    self.state = State::ready;
    ready.insert(ready.begin(), &self);
  } else {
    make_ready(self);
  }
  switch_to(choose());
}

void run_threads() {
  ready.clear();
  head = 0;
  lowest_priority = uint64_t{1} << 32;
  for (uint32_t i = 0; i < machine.threads; ++i) {
    Fiber& fiber = machine.fibers[i];
    fiber.priority = (uint64_t{1} << 33) + random_number() % (1u << 20);
    prepare_stack(fiber, thread_body);
    make_ready(fiber);
  }
  Fiber* first = choose();
  if (first == nullptr) return;
  current = first;
  switch_stacks(nullptr, first);
  current = nullptr;
}

void end_launch(const std::string& reason) {
  if (!machine.ended) {
    machine.ended = true;
    machine.end_reason = reason;
  }
  if (current) {
    ready.clear();
    head = 0;
    switch_to(nullptr);
  }
}

}  // namespace emu
