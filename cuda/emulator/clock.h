// Vector clocks. A thread's clock is a shared, immutable `Clock` plus its own component, so a barrier of n threads builds one clock in
// O(n) and hands it to all of them, where a vector per thread would cost O(n^2).
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace emu {

struct Clock;
struct History;
void destroy(Clock* clock);
void destroy(History* history);

template <class T>
class Reference {
 public:
  Reference() = default;
  explicit Reference(T* target) : target_(target) {
    if (target_) ++target_->references;
  }
  Reference(const Reference& other) : Reference(other.target_) {}
  Reference(Reference&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  Reference& operator=(Reference other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~Reference() {
    if (target_ && --target_->references == 0) destroy(target_);
  }
  T* get() const { return target_; }
  T* operator->() const { return target_; }
  explicit operator bool() const { return target_ != nullptr; }
  bool unique() const { return target_ && target_->references == 1; }
  friend bool operator==(const Reference& a, const Reference& b) { return a.target_ == b.target_; }

 private:
  T* target_ = nullptr;
};

using ClockReference = Reference<Clock>;
using HistoryReference = Reference<History>;

// at[i] is what is known of thread i of the running cluster (or of agent i - threads, an mbarrier whose copies land).
struct Clock {
  uint32_t references = 0;
  HistoryReference history;  // what is known of clusters of this launch that have ended
  uint32_t* at = nullptr;
};

// The clocks that clusters which have ended released to the holder of this.
struct History {
  uint32_t references = 0;
  std::vector<ClockReference> of;  // by sequence number, counted from the launch's first
};

// Every clock of a launch has the same number of components.
void begin_clocks(size_t components);
ClockReference zero_clock();
ClockReference copy_of(const Clock& clock);
HistoryReference joined(const HistoryReference& a, const HistoryReference& b);
void join(Clock& into, const Clock& from);

// A thread's clock at one moment.
struct View {
  ClockReference base;
  uint32_t thread = 0;
  uint32_t own = 0;
};

// The join of the views that arrived.
class Accumulator {
 public:
  void add(const View& view);
  void add_component(uint32_t index, uint32_t value);
  ClockReference take();
  bool empty() const { return !sum_; }

 private:
  ClockReference sum_;
  ClockReference last_;  // joined last: threads that left one barrier together share it
};

}  // namespace emu
