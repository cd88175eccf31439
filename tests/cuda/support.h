// What the kernel tests share: a device with its tensors, random values, shape files, and references in double precision.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "numbers.h"
#include "octothorpe/device_table.h"
#include "octothorpe/emulated.h"

namespace oct::test {

using oct::bytes_of;
using oct::from_bf16;
using oct::rounding;
using oct::to_bf16;

/// The emulated device's context. Failures of calls are failures of the test. Tensors begin `first` elements after their memory: at 1 they
/// are not 16-byte aligned.
class EmulatedDevice {
 public:
  explicit EmulatedDevice(int64_t first = 0) : first_(first) {
    EXPECT_EQ(oct_context_create(oct_emulated_device(), 0, 1, &context_), OCT_OK) << oct_last_error();
  }
  ~EmulatedDevice() {
    for (void* memory : memory_) oct_free(context_, memory);
    EXPECT_EQ(oct_context_destroy(context_), OCT_OK) << oct_last_error();
  }
  EmulatedDevice(const EmulatedDevice&) = delete;
  EmulatedDevice& operator=(const EmulatedDevice&) = delete;

  oct_context* context() const { return context_; }

  /// A dense tensor of unspecified contents, freed with the device.
  oct_tensor empty(oct_dtype dtype, std::vector<int64_t> shape) {
    oct_tensor tensor{};
    tensor.dtype = dtype;
    tensor.rank = static_cast<int32_t>(shape.size());
    int64_t count = 1;
    for (int32_t axis = tensor.rank - 1; axis >= 0; --axis) {
      tensor.shape[axis] = shape[static_cast<size_t>(axis)];
      tensor.stride[axis] = count;
      count *= tensor.shape[axis];
    }
    tensor.data = memory(static_cast<size_t>(count + first_) * bytes_of(dtype)) + static_cast<size_t>(first_) * bytes_of(dtype);
    return tensor;
  }

  /// A tensor of the values, rounded to its type (F32 or BF16).
  oct_tensor of(oct_dtype dtype, std::vector<int64_t> shape, const std::vector<float>& values) {
    oct_tensor tensor = empty(dtype, std::move(shape));
    write(tensor, values);
    return tensor;
  }

  template <class T>
  oct_tensor of_integers(oct_dtype dtype, std::vector<int64_t> shape, const std::vector<T>& values) {
    oct_tensor tensor = empty(dtype, std::move(shape));
    EXPECT_EQ(sizeof(T), bytes_of(dtype));
    EXPECT_EQ(oct_copy_to_device(context_, tensor.data, values.data(), values.size() * sizeof(T)), OCT_OK) << oct_last_error();
    return tensor;
  }

  void write(const oct_tensor& tensor, const std::vector<float>& values) {
    std::vector<uint16_t> halves;
    const void* source = values.data();
    if (tensor.dtype == OCT_BF16) {
      for (float value : values) halves.push_back(to_bf16(value));
      source = halves.data();
    }
    EXPECT_EQ(oct_copy_to_device(context_, tensor.data, source, values.size() * bytes_of(tensor.dtype)), OCT_OK) << oct_last_error();
  }

  /// The values of an F32 or BF16 tensor.
  std::vector<float> read(const oct_tensor& tensor) {
    std::vector<float> values(static_cast<size_t>(count_of(tensor)));
    if (tensor.dtype == OCT_F32) {
      EXPECT_EQ(oct_copy_to_host(context_, values.data(), tensor.data, values.size() * 4), OCT_OK) << oct_last_error();
      return values;
    }
    std::vector<uint16_t> halves(values.size());
    EXPECT_EQ(oct_copy_to_host(context_, halves.data(), tensor.data, halves.size() * 2), OCT_OK) << oct_last_error();
    for (size_t i = 0; i < halves.size(); ++i) values[i] = from_bf16(halves[i]);
    return values;
  }

  std::vector<uint8_t> read_bytes(const oct_tensor& tensor) {
    std::vector<uint8_t> bytes(static_cast<size_t>(count_of(tensor)) * bytes_of(tensor.dtype));
    EXPECT_EQ(oct_copy_to_host(context_, bytes.data(), tensor.data, bytes.size()), OCT_OK) << oct_last_error();
    return bytes;
  }

  /// Scratch memory of at least one byte.
  void* workspace(size_t bytes) { return memory(bytes > 0 ? bytes : 1); }

  /// The names of the variants of one pass.
  std::vector<std::string> variants(const char* operation, const char* pass) {
    int32_t count = 0;
    EXPECT_EQ(oct_variant_count(context_, &count), OCT_OK) << oct_last_error();
    std::vector<std::string> names;
    for (int32_t i = 0; i < count; ++i) {
      oct_variant variant{};
      EXPECT_EQ(oct_variant_at(context_, i, &variant), OCT_OK) << oct_last_error();
      if (strcmp(variant.operation, operation) == 0 && strcmp(variant.pass, pass) == 0) names.emplace_back(variant.name);
    }
    return names;
  }

  static int64_t count_of(const oct_tensor& tensor) {
    int64_t count = 1;
    for (int32_t axis = 0; axis < tensor.rank; ++axis) count *= tensor.shape[axis];
    return count;
  }

 private:
  char* memory(size_t bytes) {
    void* data = nullptr;
    EXPECT_EQ(oct_allocate(context_, bytes, &data), OCT_OK) << oct_last_error();
    memory_.push_back(data);
    return static_cast<char*>(data);
  }

  int64_t first_;
  oct_context* context_ = nullptr;
  std::vector<void*> memory_;
};

/// Values in [-scale, scale), a function of the seed.
inline std::vector<float> random_values(int64_t count, uint64_t seed, double scale = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-scale, scale);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(uniform(random));
  return values;
}

/// What a type keeps of the values.
inline std::vector<float> rounded(oct_dtype dtype, std::vector<float> values) {
  if (dtype == OCT_BF16) {
    for (float& value : values) value = from_bf16(to_bf16(value));
  }
  return values;
}

/// Fails unless |actual - expected| <= tolerance; NaN fails. A test shows its first failures: a wrong kernel has millions of them.
inline void expect_near(const std::string& what, size_t index, double expected, double actual, double tolerance) {
  if (!(std::fabs(actual - expected) <= tolerance)) {
    constexpr int kShown = 40;
    if (testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count() >= kShown) return;
    ADD_FAILURE() << what << "[" << index << "] is " << actual << ", expected " << expected << " +- " << tolerance;
  }
}

/// The numbers of every line of tests/shapes/NAME.txt that begins with the word `kind`.
inline std::vector<std::vector<int64_t>> shapes(const std::string& name, const std::string& kind) {
  std::ifstream file(std::string(OCT_SHAPES) + "/" + name + ".txt");
  EXPECT_TRUE(file.good()) << name;
  std::vector<std::vector<int64_t>> found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    if (!(words >> word) || word != kind) continue;
    std::vector<int64_t> numbers;
    for (int64_t number; words >> number;) numbers.push_back(number);
    found.push_back(std::move(numbers));
  }
  EXPECT_FALSE(found.empty()) << name << " has no line '" << kind << "'";
  return found;
}

}  // namespace oct::test
