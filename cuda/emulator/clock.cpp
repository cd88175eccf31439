#include "clock.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace emu {
namespace {

size_t components = 0;
std::vector<Clock*> spare;  // of the present number of components

}  // namespace

void destroy(Clock* clock) {
  clock->history = HistoryReference();
  spare.push_back(clock);
}

void destroy(History* history) { delete history; }

void begin_clocks(size_t count) {
  if (count == components) return;
  for (Clock* clock : spare) {
    std::free(clock->at);
    delete clock;
  }
  spare.clear();
  components = count;
}

static ClockReference raw_clock() {
  if (spare.empty()) {
    auto* clock = new Clock;
    clock->at = static_cast<uint32_t*>(std::malloc(components * sizeof(uint32_t)));
    return ClockReference(clock);
  }
  Clock* clock = spare.back();
  spare.pop_back();
  return ClockReference(clock);
}

ClockReference zero_clock() {
  ClockReference clock = raw_clock();
  std::memset(clock->at, 0, components * sizeof(uint32_t));
  return clock;
}

ClockReference copy_of(const Clock& other) {
  ClockReference clock = raw_clock();
  std::memcpy(clock->at, other.at, components * sizeof(uint32_t));
  clock->history = other.history;
  return clock;
}

HistoryReference joined(const HistoryReference& a, const HistoryReference& b) {
  if (!a || a == b) return b;
  if (!b) return a;
  HistoryReference sum(new History(*a.get()));
  sum->references = 1;
  if (sum->of.size() < b->of.size()) sum->of.resize(b->of.size());
  for (size_t i = 0; i < b->of.size(); ++i) {
    ClockReference& mine = sum->of[i];
    const ClockReference& theirs = b->of[i];
    if (!theirs || mine == theirs) continue;
    if (!mine) {
      mine = theirs;
    } else {
      mine = copy_of(*mine.get());
      for (size_t j = 0; j < components; ++j) mine->at[j] = std::max(mine->at[j], theirs->at[j]);
    }
  }
  return sum;
}

void join(Clock& into, const Clock& from) {
  uint32_t* a = into.at;
  const uint32_t* b = from.at;
  for (size_t i = 0; i < components; ++i) a[i] = std::max(a[i], b[i]);
  if (from.history) into.history = joined(into.history, from.history);
}

void Accumulator::add(const View& view) {
  if (!sum_) {
    sum_ = copy_of(*view.base.get());
    last_ = view.base;
  } else if (!(view.base == last_)) {
    join(*sum_.get(), *view.base.get());
    last_ = view.base;
  }
  add_component(view.thread, view.own);
}

void Accumulator::add_component(uint32_t index, uint32_t value) {
  if (!sum_) sum_ = zero_clock();
  sum_->at[index] = std::max(sum_->at[index], value);
}

ClockReference Accumulator::take() {
  last_ = ClockReference();
  return std::exchange(sum_, ClockReference());
}

}  // namespace emu
