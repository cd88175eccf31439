// Times of calls on a device's stream, with cold and warm L2.
#pragma once
#include <functional>

#include "call.h"

namespace oct::bench {

struct Timing {
  double microseconds = 0;  ///< median of the samples
  double error = 0;         ///< standard error of the median, relative
  int samples = 0;
};

class Clock {
 public:
  explicit Clock(const Device& device);
  ~Clock();
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  /// Median time of one call. Cold: before each, a buffer twice as large as L2 is overwritten and another is read, so that L2 holds
  /// nothing of the call's and nothing that is still to be written. Warm: calls follow one another, as many per sample as fill 50 us.
  /// Samples are taken until the standard error of the median is below 0.5 %, or for 2 s. On the emulator: one call,
  /// once.
  Timing time(const std::function<void()>& call, bool cold);

 private:
  void prepare(bool cold, int repeats);
  double sample_batch(const std::function<void()>& call, bool cold, int repeats, int count, std::vector<double>* samples);

  const Device& device_;
  std::vector<void*> begins_, ends_;
  Memory flushed_, read_, means_;
  Call reading_;
  int64_t flushed_mebibytes_ = 0;
  double host_ = 0;  // the host's microseconds to enqueue one call
};

}  // namespace oct::bench
