// Passed, failed, skipped: every skip with its reason.
#pragma once
#include <cstdio>
#include <map>
#include <string>

namespace oct::bench {

class Counts {
 public:
  void pass() { ++passed_; }
  void fail(const std::string& what) {
    ++failed_;
    printf("FAILED: %s\n", what.c_str());
    fflush(stdout);
  }
  /// Counted once a reason-carrying text; printed at the end.
  void skip(const std::string& what, const std::string& reason) {
    ++skipped_;
    Reason& kept = reasons_[what];
    if (kept.count++ == 0) kept.example = reason;
  }
  /// Prints the skips and 'N passed, N failed, N skipped'; returns the exit code.
  int finish() const {
    for (const auto& [what, reason] : reasons_) {
      printf("skipped: %s%s: %s\n", what.c_str(), reason.count > 1 ? (" (" + std::to_string(reason.count) + " times)").c_str() : "",
             reason.example.c_str());
    }
    printf("%ld passed, %ld failed, %ld skipped\n", passed_, failed_, skipped_);
    return failed_ > 0 ? 1 : 0;
  }

 private:
  struct Reason {
    long count = 0;
    std::string example;
  };
  long passed_ = 0, failed_ = 0, skipped_ = 0;
  std::map<std::string, Reason> reasons_;
};

}  // namespace oct::bench
