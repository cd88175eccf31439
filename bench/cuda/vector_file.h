// Golden vectors on disk: one text file a wrapper, cases with the bits that went in and the bits that a device gave.
//
//   octothorpe vectors 1
//   wrapper mma_bf16
//   device NVIDIA H200
//   capability 90
//   driver 13000
//   date 2026-11-24
//   case exact
//   compare bits 0
//   inputs 320
//   3f80c000 ... (8 words per line)
//   outputs 128
//   ...
//   checksum 0123456789abcdef (FNV-1a of every byte above)
#pragma once
#include <string>
#include <vector>

#include "probe.h"

namespace oct::bench {

struct VectorCase {
  std::string name;
  std::string compare;  ///< "bits 0", "ulps 4", "absolute 0.001": as it was when written, for readers
  probes::Words inputs;
  probes::Words outputs;
};

struct VectorFile {
  std::string wrapper;
  std::string device;
  int capability = 0;
  int driver = 0;
  std::string date;
  std::vector<VectorCase> cases;
};

std::string to_text(const VectorFile& file);
/// Throws Failure with the line that is wrong.
VectorFile from_text(const std::string& text);

/// "" or the first word that is too far off, with the number of such words.
std::string difference(const probes::Probe& probe, const probes::Words& expected, const probes::Words& actual);
std::string compare_text(const probes::Probe& probe);

}  // namespace oct::bench
