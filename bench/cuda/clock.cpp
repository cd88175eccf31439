#include "clock.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace oct::bench {
namespace {

constexpr int kBatch = 16;  // samples between two waits
constexpr double kEnough = 0.005;
constexpr double kSeconds = 2;

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// From the median distance to the median (times 1.4826: a normal distribution's deviation); a median's error is 1.2533 of a mean's.
Timing summary(const std::vector<double>& samples) {
  Timing timing;
  timing.microseconds = median_of(samples);
  std::vector<double> distances;
  for (const double sample : samples) distances.push_back(std::fabs(sample - timing.microseconds));
  timing.samples = static_cast<int>(samples.size());
  timing.error = 1.2533 * 1.4826 * median_of(distances) / std::sqrt(static_cast<double>(samples.size())) / timing.microseconds;
  return timing;
}

}  // namespace

Clock::Clock(const Device& device) : device_(device) {
  for (int i = 0; i < kBatch; ++i) {
    begins_.push_back(nullptr);
    need(device_.library().event_create(device_.ordinal(), &begins_.back()));
    ends_.push_back(nullptr);
    need(device_.library().event_create(device_.ordinal(), &ends_.back()));
  }
  if (device_.emulated()) return;
  flushed_bytes_ = 2 * device_.machine().l2_bytes;
  flushed_ = Memory(device_.context(), flushed_bytes_);
}

Clock::~Clock() {
  for (void* event : begins_) device_.library().event_destroy(device_.ordinal(), event);
  for (void* event : ends_) device_.library().event_destroy(device_.ordinal(), event);
}

// Enqueues `count` samples of `repeats` calls, waits, and appends the times of one call in microseconds.
double Clock::sample_batch(const std::function<void()>& call, bool cold, int repeats, int count, std::vector<double>* samples) {
  const probes::Library& library = device_.library();
  oct_context* context = device_.context();
  for (int i = 0; i < count; ++i) {
    const auto place = static_cast<size_t>(i);
    if (!device_.emulated()) {
      // Either keeps the GPU busy while the host enqueues what follows, so that no gap is measured.
      if (cold) {
        need(library.fill(context, OCT_F32, flushed_.data(), static_cast<int64_t>(flushed_bytes_ / 4), static_cast<uint32_t>(i), 1));
      } else {
        need(library.delay(context, std::min(500, 20 + 10 * repeats)));
      }
    }
    need(library.event_record(context, begins_[place]));
    for (int repeat = 0; repeat < repeats; ++repeat) call();
    need(library.event_record(context, ends_[place]));
  }
  device_.synchronize();
  double total = 0;
  for (int i = 0; i < count; ++i) {
    float milliseconds = 0;
    need(library.event_elapsed(begins_[static_cast<size_t>(i)], ends_[static_cast<size_t>(i)], &milliseconds));
    const double microseconds = static_cast<double>(milliseconds) * 1e3 / repeats;
    total += microseconds;
    samples->push_back(microseconds);
  }
  return total / count;
}

Timing Clock::time(const std::function<void()>& call, bool cold) {
  std::vector<double> samples;
  if (device_.emulated()) {
    sample_batch(call, cold, 1, 1, &samples);
    return {samples[0], 0, 1};
  }
  // Modules are loaded and clocks rise; the second batch says how long a call takes.
  sample_batch(call, cold, 1, 3, &samples);
  const double once = sample_batch(call, cold, 1, 3, &samples);
  const int repeats = cold ? 1 : std::clamp(static_cast<int>(50 / std::max(once, 1.0)), 1, 32);
  samples.clear();
  const auto begin = std::chrono::steady_clock::now();
  Timing timing;
  do {
    sample_batch(call, cold, repeats, kBatch, &samples);
    timing = summary(samples);
  } while (timing.error > kEnough && std::chrono::steady_clock::now() - begin < std::chrono::duration<double>(kSeconds));
  return timing;
}

}  // namespace oct::bench
