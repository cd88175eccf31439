// What the tests of the core library beside its operations share: a context that closes itself, and the check of a refusal. The operations'
// own tests are in tests/contract.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
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

/// The call was refused with `status`, and the text contains every one of `parts`.
inline void expect_refused(oct_status expected, oct_status actual, std::initializer_list<const char*> parts) {
  EXPECT_EQ(expected, actual);
  if (actual == OCT_OK) return;
  const std::string text = oct_last_error();
  for (const char* part : parts) EXPECT_NE(std::string::npos, text.find(part)) << "'" << text << "' does not contain '" << part << "'";
}

}  // namespace test
