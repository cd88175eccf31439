// What the native tests share: a context that closes itself, tensors on the heap (AddressSanitizer then sees every access outside
// them), counted random values, and the check of a refusal.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "octothorpe/context.h"

namespace test {

/// A CPU context of `threads` threads.
class Context {
 public:
  explicit Context(int32_t threads = 2) {
    EXPECT_EQ(OCT_OK, oct_context_create(oct_cpu_device(), 0, threads, &context_)) << oct_last_error();
  }
  ~Context() { oct_context_destroy(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  operator oct_context*() const { return context_; }

 private:
  oct_context* context_ = nullptr;
};

inline float bf16_to_float(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

/// Nearest even, by double arithmetic: an oracle of its own, not the library's way.
inline uint16_t float_to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if (std::isnan(value)) return static_cast<uint16_t>((bits >> 16) | 0x40);
  const uint16_t below = static_cast<uint16_t>(bits >> 16);
  const uint32_t rest = bits & 0xffff;
  const bool up = rest > 0x8000 || (rest == 0x8000 && (below & 1) != 0);
  return static_cast<uint16_t>(below + (up ? 1 : 0));
}

inline size_t bytes_of(oct_dtype dtype) { return dtype == OCT_BF16 ? 2 : dtype == OCT_I64 ? 8 : dtype == OCT_U8 ? 1 : 4; }

/// A dense tensor in heap memory of exactly its size.
class Tensor {
 public:
  Tensor(oct_dtype dtype, std::vector<int64_t> shape) {
    view_.dtype = dtype;
    view_.rank = static_cast<int32_t>(shape.size());
    for (size_t i = shape.size(); i-- > 0;) {
      view_.shape[i] = shape[i];
      view_.stride[i] = count_;
      count_ *= shape[i];
    }
    memory_ = std::make_unique<unsigned char[]>(bytes());
    memset(memory_.get(), 0xff, bytes());  // NaN in both float types: what an operation leaves unwritten shows
    view_.data = memory_.get();
  }
  Tensor(oct_dtype dtype, std::vector<int64_t> shape, const std::vector<float>& values) : Tensor(dtype, std::move(shape)) { set(values); }

  operator const oct_tensor*() const { return &view_; }
  oct_tensor& view() { return view_; }
  const oct_tensor& view() const { return view_; }
  int64_t count() const { return count_; }
  size_t bytes() const { return static_cast<size_t>(count_) * bytes_of(view_.dtype); }
  template <class T>
  T* as() const {
    return static_cast<T*>(view_.data);
  }

  void set(const std::vector<float>& values) {
    ASSERT_EQ(static_cast<size_t>(count_), values.size());
    for (size_t i = 0; i < values.size(); ++i) set(i, values[i]);
  }
  void set(size_t i, float value) {
    if (view_.dtype == OCT_BF16) {
      as<uint16_t>()[i] = float_to_bf16(value);
    } else if (view_.dtype == OCT_F32) {
      as<float>()[i] = value;
    } else if (view_.dtype == OCT_I32) {
      as<int32_t>()[i] = static_cast<int32_t>(value);
    } else if (view_.dtype == OCT_I64) {
      as<int64_t>()[i] = static_cast<int64_t>(value);
    } else {
      as<uint8_t>()[i] = static_cast<uint8_t>(value);
    }
  }
  float at(size_t i) const {
    switch (view_.dtype) {
      case OCT_BF16:
        return bf16_to_float(as<uint16_t>()[i]);
      case OCT_F32:
        return as<float>()[i];
      case OCT_I32:
        return static_cast<float>(as<int32_t>()[i]);
      case OCT_I64:
        return static_cast<float>(as<int64_t>()[i]);
      default:
        return static_cast<float>(as<uint8_t>()[i]);
    }
  }
  std::vector<float> values() const {
    std::vector<float> result(static_cast<size_t>(count_));
    for (size_t i = 0; i < result.size(); ++i) result[i] = at(i);
    return result;
  }
  bool same_bits(const Tensor& other) const { return bytes() == other.bytes() && memcmp(memory_.get(), other.memory_.get(), bytes()) == 0; }

 private:
  oct_tensor view_{};
  int64_t count_ = 1;
  std::unique_ptr<unsigned char[]> memory_;
};

/// Scratch memory as oct_allocate gives it: 64-byte aligned, exactly as long as asked.
class Workspace {
 public:
  explicit Workspace(size_t bytes) : bytes_(bytes) {
    if (bytes > 0 && posix_memalign(&data_, 64, bytes) != 0) abort();
    if (bytes > 0) memset(data_, 0xff, bytes);
  }
  ~Workspace() { free(data_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  size_t bytes_;
};

/// `count` values in [low, high), a function of `seed` alone (SplitMix64).
inline std::vector<float> random_values(int64_t count, uint64_t seed, float low = -1, float high = 1) {
  std::vector<float> values(static_cast<size_t>(count));
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (float& value : values) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    value = low + (high - low) * static_cast<float>(z >> 40) * 0x1p-24f;
  }
  return values;
}

/// The lines of tests/shapes/<op>.txt whose first word is `kind`, `columns` numbers each.
inline std::vector<std::vector<int64_t>> shape_lines(const std::string& op, const std::string& kind, size_t columns) {
  const std::filesystem::path path = std::filesystem::path(__FILE__).parent_path().parent_path() / "shapes" / (op + ".txt");
  std::ifstream file(path);
  std::vector<std::vector<int64_t>> lines;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line.substr(0, line.find('#')));
    std::string word, rest;
    if (!(fields >> word) || word != kind) continue;
    std::vector<int64_t> numbers(columns);
    for (int64_t& number : numbers) fields >> number;
    if (fields.fail() || (fields >> rest)) throw std::runtime_error(path.string() + ": cannot read '" + line + "'");
    lines.push_back(numbers);
  }
  if (lines.empty()) throw std::runtime_error(path.string() + " has no line '" + kind + "'");
  return lines;
}

/// The call was refused with `status`, and the text contains every one of `parts`.
inline void expect_refused(oct_status expected, oct_status actual, std::initializer_list<const char*> parts) {
  EXPECT_EQ(expected, actual);
  if (actual == OCT_OK) return;
  const std::string text = oct_last_error();
  for (const char* part : parts) EXPECT_NE(std::string::npos, text.find(part)) << "'" << text << "' does not contain '" << part << "'";
}

}  // namespace test
