// The lines of tests/shapes.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace oct::bench {

struct Choice {
  std::string shapes = "test";                ///< which lines of tests/shapes: test or layer
  int64_t batch = 1;                          ///< images of a 'layer' line
  bool small = false;                         ///< a few shapes of each operation
  std::set<std::string>* problems = nullptr;  ///< takes what is wrong with files and lines; the other lines are used
};

/// Numbers of the lines of tests/shapes/NAME.txt that begin with the word. `columns` names them, "N H W C padding:0": each is an integer of
/// at least 1, or of at least 0 where ":0" says so.
std::vector<std::vector<int64_t>> lines_of(const std::string& name, const std::string& columns, const Choice& choice);

}  // namespace oct::bench
