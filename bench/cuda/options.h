// What the command line says.
#pragma once
#include <regex>
#include <string>
#include <vector>

namespace oct::bench {

struct Options {
  std::string section;
  std::string device;  // empty: cuda:0 where it can be opened, else emulated
  std::string filter;  // as given
  std::regex matches;  // of names such as "grouped_conv.forward bf16 N1 56x56 ..."
  std::string variant_filter;
  std::regex variant_matches;
  std::string shapes = "test";
  int64_t batch = 0;  // 0: 128 for 'time', 1 for 'check'
  int seeds = 2;
  bool small = false;
  bool allow_none = false;
  double minutes = 4.5;
  std::string tool;  // of compute-sanitizer; empty: all
  std::string json;
  std::string write_vectors;
  std::string check_vectors;
  std::string markdown;
  std::vector<std::string> files;  // of 'table'
};

/// Reads the arguments; prints help or the mistake and exits where that is all there is to do.
Options read_options(int count, char** arguments);

}  // namespace oct::bench
