// Whole numbers.
#pragma once
#include "isa.h"

OCT_KERNEL_BEGIN

static inline int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max_of(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t aligned_64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

OCT_KERNEL_END
