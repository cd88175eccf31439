// Findings as they are made, while threads run: cheap, de-duplicated; files and lines are looked up after the launch.
#pragma once
#include <string>

#include "machine.h"

namespace emu {

Site site_of(const char* file, int line);
Site site_of(const void* return_address);

struct Subject {
  Kind kind;
  const Fiber* fiber;  // null: host code
  Site site = 0;
  const char* what = "";
  size_t bytes = 0;
};

// The other access of a conflict.
struct Conflict {
  uint64_t sequence = 0;  // of its cluster
  uint32_t thread = 0;
  Site site = 0;
  const char* what = "";
};

void add_finding(const Subject& subject, const std::string& text);
void add_finding(const Subject& subject, const Conflict& other, const std::string& text);
// True: this kind was found at this site already, and has been counted; spares making the text again.
bool found_before(Kind kind, Site site, Site other = 0);

size_t finding_count();
// Turns sites into files and lines, merges findings of one line. Between launches.
void resolve_findings();
std::string first_finding_since(size_t count);
Report current_report();
void clear_findings();
Counters& counters();
// block and thread of an epoch's thread
dim3 block_of(uint64_t sequence, uint32_t thread);
dim3 index_in_block(uint32_t thread);
std::string describe(dim3 block, dim3 thread);

}  // namespace emu
