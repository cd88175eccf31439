// Counts of host memory that the launch code allocates, so that a test can prove that a step allocates nothing.
#pragma once
#include <cstdint>

namespace emu {

// While one of these lives, the calling thread is within the emulator, whose own allocations do not count.
class WithinEmulator {
 public:
  WithinEmulator();
  ~WithinEmulator();
  WithinEmulator(const WithinEmulator&) = delete;
  WithinEmulator& operator=(const WithinEmulator&) = delete;

 private:
  bool outer_;
};

// Calls of operator new in this library so far, outside of the emulator, by any thread.
int64_t host_allocations();

}  // namespace emu
