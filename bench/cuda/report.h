// What a run measured, as JSON; and the floor of a task.
#pragma once
#include <string>
#include <vector>

#include "clock.h"
#include "json.h"
#include "task.h"

namespace oct::bench {

struct Ceiling {
  std::string name;   ///< what reached it
  std::string kind;   ///< "copy" or "product"
  std::string dtype;  ///< of products
  double rate;        ///< GB/s read and written, or TFLOP/s
};

struct Record {
  Task task;
  std::string variant;
  Timing cold, warm;
};

struct Report {
  std::string implementation, device, driver, clocks, commit, date;
  bool emulated = false;
  std::vector<Ceiling> ceilings;
  std::vector<Record> records;
};

struct Floor {
  double microseconds = 0;
  std::string binds;  ///< "memory" or "products"
};

/// The larger of bytes over the best copy and products over the best product of that type; 0 without ceilings.
Floor floor_of(const std::vector<Ceiling>& ceilings, const std::string& dtype, double bytes, double flops);

Json to_json(const Task& task);
Json to_json(const Report& report);

}  // namespace oct::bench
