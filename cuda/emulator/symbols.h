// Files and lines of addresses in code, by addr2line.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace emu {

struct Line {
  std::string file;  // "" where it is not known; `why` then says why
  int line = 0;
  std::string why;
};

// Innermost inlined frame of each address; one run of addr2line for each module.
std::vector<Line> lines_of(const std::vector<uintptr_t>& addresses);

// Whether [begin, begin + bytes) lies in a loaded module's code or data.
bool in_module(uintptr_t begin, size_t bytes);

}  // namespace emu
