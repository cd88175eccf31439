// What a section does around its tasks: which of them run, and what is left when none matches, time is up or the device is lost.
#pragma once
#include <chrono>

#include "counts.h"
#include "device.h"
#include "options.h"
#include "task.h"

namespace oct::bench {

/// Nothing to do: a failure, or a skip with --allow-none.
void count_none(const char* section, const std::string& reason, const Options& options, Counts* counts);
/// The reason where no task of the shapes matches.
std::string no_task(const std::string& shapes, const Options& options);

class Round {
 public:
  Round(const char* section, const std::string& shapes, const Device& device, const Options& options, Counts* counts)
      : section_(section), shapes_(shapes), device_(device), options_(options), counts_(counts) {}

  /// Whether a task that matches --filter is to run now; prints its name, so that a log says what hung.
  bool begin(const Task& task);
  /// Whether --variant matches; "" is what the device chooses.
  bool wants(const std::string& variant);
  /// After a call that failed: a device that does not answer any more runs nothing else.
  void look(const std::string& what);
  bool lost() const { return lost_; }
  /// Counts what was not run.
  void finish();

 private:
  const char* section_;
  std::string shapes_;
  const Device& device_;
  const Options& options_;
  Counts* counts_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  size_t begun_ = 0, late_ = 0, not_run_ = 0;
  bool matched_variant_ = false, lost_ = false;
};

}  // namespace oct::bench
