// Kernels with a planted bug and, as the same source without it, a clean twin. A case names the kind of finding that the bug must give; the
// line it must be found at carries the comment "here: <name>", that of the other access "other: <name>".
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "gpu/gpu.h"

namespace planted {

using Threads = std::function<bool(const emu::Finding&)>;

struct Case {
  const char* name;
  emu::Kind kind;
  std::function<void(bool bug)> run;
  Threads threads;                // are the threads that the finding names right?
  std::vector<emu::Kind> also{};  // what the bug may show as in some orders
};

std::vector<Case> memory_cases();
std::vector<Case> race_cases();
std::vector<Case> barrier_cases();
std::vector<Case> warp_cases();
std::vector<Case> copy_cases();
std::vector<Case> mbarrier_cases();
std::vector<Case> bulk_cases();
std::vector<Case> tensor_cases();
std::vector<Case> wgmma_cases();
std::vector<Case> cluster_cases();

// Memory of the device, initialized with 0, 1, 2, ... unless it is to be left alone.
template <class T>
class Buffer {
 public:
  explicit Buffer(size_t count, bool initialized = true) : count_(count), data_(static_cast<T*>(emu::allocate(count * sizeof(T)))) {
    if (!initialized) return;
    std::vector<T> values(count);
    for (size_t i = 0; i < count; ++i) values[i] = static_cast<T>(i % 100);
    emu::copy_in(data_, values.data(), count * sizeof(T));
  }
  ~Buffer() { emu::free(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  operator T*() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    emu::copy_out(result.data(), data_, count_ * sizeof(T));
    return result;
  }

 private:
  size_t count_;
  T* data_;
};

// Runs the kernel of the case, with its bug or without.
template <class... Parameters, class... Arguments>
std::string run(bool bug, const char* name, void (*bad)(Parameters...), void (*good)(Parameters...), const gpu::LaunchShape& shape,
                const Arguments&... arguments) {
  return gpu::launch(name, bug ? bad : good, shape, nullptr, static_cast<Parameters>(arguments)...);
}
// For a lambda `simple` of a file whose kernels take the same arguments.
#define SIMPLE(kernel) simple(kernel<true>, kernel<false>, #kernel)
#define PLANTED_RUN(bug, kernel, ...) planted::run(bug, #kernel, kernel<true>, kernel<false>, __VA_ARGS__)

// How most kernels with a copy begin: one arrival a phase, by whoever begins the copy.
inline __device__ void initialize(gpu::mbarrier* full) {
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(full, 1);
    gpu::fence_mbarrier_init();
  }
  __syncthreads();
}

inline bool thread_is(const emu::Access& access, unsigned x) {
  return access.thread.x == x && access.thread.y == 0 && access.thread.z == 0;
}
inline bool block_is(const emu::Access& access, unsigned x) { return access.block.x == x; }
inline bool any_thread(const emu::Finding&) { return true; }
// A finding that any thread may be the first to make, in a block of that many.
inline Threads below(unsigned count) {
  return [count](const emu::Finding& f) { return f.here.thread.x < count && (!f.has_other || f.other.thread.x < count); };
}

}  // namespace planted
