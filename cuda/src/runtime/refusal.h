// Why a variant cannot run.
#pragma once
#include <cstdint>
#include <string>

namespace oct::cuda {

// Nothing, or a reason as in {"needs C in multiples of 8, but it is {}", c}. The text is made only when it is read.
class Refusal {
 public:
  Refusal() = default;
  Refusal(const char* reason, int64_t first = 0, int64_t second = 0) : reason_(reason), numbers_{first, second} {}

  explicit operator bool() const { return reason_ != nullptr; }

  std::string text() const {
    std::string all = reason_;
    for (int64_t number : numbers_) {
      const size_t place = all.find("{}");
      if (place != std::string::npos) all.replace(place, 2, std::to_string(number));
    }
    return all;
  }

 private:
  const char* reason_ = nullptr;
  int64_t numbers_[2]{};
};

}  // namespace oct::cuda
