// The sections of the driver; each returns nothing and counts.
#pragma once
#include "counts.h"
#include "device.h"
#include "options.h"
#include "task.h"

namespace oct::bench {

void check(const Device& device, const Options& options, Counts* counts);
void time_tasks(const Device& device, const Options& options, Counts* counts);
void list_tasks(const Options& options, Counts* counts);
void vectors(const Device& device, const Options& options, Counts* counts);
void sanitize(const Options& options, const char* program, Counts* counts);
void table(const Options& options, Counts* counts);

}  // namespace oct::bench
