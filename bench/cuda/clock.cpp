#include "clock.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace oct::bench {
namespace {

constexpr int kBatch = 16;  // samples between two waits
constexpr double kEnough = 0.005;
constexpr double kSeconds = 2;
constexpr int64_t kSide = 16, kPixels = kSide * kSide;  // of the images whose reading empties L2

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Microseconds of delay that hide the enqueuing of so many calls of `host` microseconds each: half as much again, within bounds, since a
// queue that is full makes the host wait.
int delay_for(double host, int repeats) { return static_cast<int>(std::clamp(1.5 * host * repeats, 20.0 + 10 * repeats, 5000.0)); }

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
  flushed_mebibytes_ = static_cast<int64_t>(2 * device_.machine().l2_bytes >> 20) + 1;
  const auto bytes = static_cast<size_t>(flushed_mebibytes_) << 20;
  flushed_ = Memory(device_.context(), bytes);
  read_ = Memory(device_.context(), bytes);
  means_ = Memory(device_.context(), bytes / kPixels);
  need(device_.library().fill(device_.context(), OCT_F32, read_.data(), static_cast<int64_t>(bytes / 4), 1, 1));
  const int64_t channels = (int64_t{1} << 18) / kPixels;
  const oct_tensor x = tensor_of(read_.data(), OCT_F32, {flushed_mebibytes_, kSide, kSide, channels});
  const oct_tensor y = tensor_of(means_.data(), OCT_F32, {flushed_mebibytes_, channels});
  reading_ = Call(device_, oct_global_average_pool_forward_args{.x = x, .y = y});  // reads all and writes little
  reading_.bind();
}

Clock::~Clock() {
  for (void* event : begins_) device_.library().event_destroy(device_.ordinal(), event);
  for (void* event : ends_) device_.library().event_destroy(device_.ordinal(), event);
}

// Keeps the GPU busy while the host enqueues what follows, so that no gap is measured; and empties L2.
void Clock::prepare(bool cold, int repeats) {
  need(device_.library().delay(device_.context(), delay_for(host_, repeats)));
  if (!cold) return;
  need(device_.library().fill(device_.context(), OCT_F32, flushed_.data(), flushed_mebibytes_ << 18, 1, 1));
  reading_.run();
}

// Enqueues `count` samples of `repeats` calls, waits, and appends the times of one call in microseconds.
double Clock::sample_batch(const std::function<void()>& call, bool cold, int repeats, int count, std::vector<double>* samples) {
  const probes::Library& library = device_.library();
  oct_context* context = device_.context();
  double fastest = 0;
  for (int i = 0; i < count; ++i) {
    const auto place = static_cast<size_t>(i);
    if (!device_.emulated()) prepare(cold, repeats);
    need(library.event_record(context, begins_[place]));
    const auto begin = std::chrono::steady_clock::now();
    for (int repeat = 0; repeat < repeats; ++repeat) call();
    const double host = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / repeats;
    if (i == 0 || host < fastest) fastest = host;
    need(library.event_record(context, ends_[place]));
  }
  device_.synchronize();
  if (host_ == 0) host_ = fastest;
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
  host_ = 0;
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
