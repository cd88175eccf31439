#include "error.h"

#include <cstdarg>
#include <cstdio>

namespace {
thread_local char last_error[1024] = "";
}

extern "C" const char* oct_last_error(void) { return last_error; }

oct_status oct::fail(oct_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return status;
}
