// The device under test, chosen by --device, and its tensors.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "numbers.h"
#include "octothorpe/device_table.h"

namespace oct::test {

/// "cpu", "emulated" or "cuda:0".
const std::string& device_name();
inline bool on_cpu() { return device_name() == "cpu"; }
/// The emulated device takes every kernel of a GPU and runs each many times more slowly.
inline bool emulated() { return device_name() == "emulated"; }

/// The numbers of CPU threads that must give the same bits as one thread; on other devices one number, so that a test repeats its run.
const std::vector<int32_t>& thread_counts();

/// An open context and the memory that tests take from it. Failures of its own calls are failures of the test.
class Device {
 public:
  struct Options {
    int64_t first = 0;    ///< tensors begin so many elements after their memory: at 1 they are not 16-byte aligned
    int32_t threads = 2;  ///< of the CPU
  };
  Device() : Device(Options{}) {}
  explicit Device(const Options& options);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  oct_context* context() const { return context_; }
  /// Where the tensors that follow begin, as Options::first.
  void begin_at(int64_t first) { options_.first = first; }

  /// A dense tensor that holds nothing yet: NaN on cpu and cuda, memory that must not be read on emulated. It lives as long as the device.
  oct_tensor empty(oct_dtype dtype, const std::vector<int64_t>& shape);
  /// A tensor of the values, rounded to its type (F32 or BF16).
  oct_tensor of(oct_dtype dtype, const std::vector<int64_t>& shape, const std::vector<float>& values);
  /// A tensor of I32, I64 or U8, whose elements are T.
  template <class T>
  oct_tensor of_integers(oct_dtype dtype, const std::vector<int64_t>& shape, const std::vector<T>& values) {
    const oct_tensor tensor = empty(dtype, shape);
    EXPECT_EQ(sizeof(T), bytes_of(dtype));
    write_bytes(tensor, values.data(), values.size() * sizeof(T));
    return tensor;
  }
  /// The rates of oct_sgd_step: learning rate and scale of the gradient.
  oct_tensor rates(float learning_rate, float gradient_scale) { return of(OCT_F32, {2}, {learning_rate, gradient_scale}); }

  void write(const oct_tensor& tensor, const std::vector<float>& values);
  void write_bytes(const oct_tensor& tensor, const void* bytes, size_t count);
  /// The values of an F32 or BF16 tensor.
  std::vector<float> read(const oct_tensor& tensor) const;
  std::vector<uint8_t> read_bytes(const oct_tensor& tensor) const;

  /// Scratch memory of exactly so many bytes, 64-byte aligned; null for none.
  void* scratch(size_t bytes);

  /// The names of the variants of one pass; none on the CPU.
  std::vector<std::string> variants(const std::string& operation, const std::string& pass) const;
  /// What a test of every variant runs: the names, and "" for the device's choice where there is no name.
  std::vector<std::string> choices(const std::string& operation, const std::string& pass) const;
  /// Forces a variant; "": the device chooses.
  void use(const std::string& variant) const;

 private:
  char* allocate(size_t bytes);

  Options options_;
  oct_context* context_ = nullptr;
  std::vector<void*> memory_;
};

inline int64_t product(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}
int64_t count_of(const oct_tensor& tensor);

/// The tensor seen as one of another shape, its elements from `first` on.
oct_tensor view_of(const oct_tensor& tensor, const std::vector<int64_t>& shape, int64_t first = 0);

/// A device table or the reason why it cannot be had; main.cpp, which knows what it is linked with, has the one definition.
struct Chosen {
  const oct_device_table* table;
  int32_t ordinal;
};
void choose_device(const std::string& name, const Chosen& chosen);
const Chosen& chosen_device();

}  // namespace oct::test
