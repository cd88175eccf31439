#include "findings.h"

#include <map>
#include <tuple>
#include <unordered_map>

#include "symbols.h"

namespace emu {
namespace {

// An address within 1 GB of this library's code, or (top bit) the number of a file and line.
constexpr Site named_site = 0x80000000u;
const char anchor_variable = 0;
uintptr_t anchor() { return reinterpret_cast<uintptr_t>(&anchor_variable); }

std::vector<std::pair<const char*, int>> places;
std::map<std::pair<const char*, int>, Site> place_numbers;
struct Recent {
  const char* file;
  int line;
  Site site;
};
Recent recent[256];

struct Raw {
  Finding finding;
  Site site;
  Site other_site;
  std::string detail;
  bool resolved;
};
std::vector<Raw> found;
using Key = std::tuple<Kind, Site, Site>;
std::map<Key, size_t> keys;
size_t first_unresolved = 0;
// A kernel that is wrong in a thousand ways needs no thousand findings.
constexpr size_t most_findings = 1000;
Counters totals;

std::string plural(size_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

void resolve(Access& access, const Line& line) {
  access.file = line.file;
  access.line = line.line;
  if (!line.why.empty()) access.what += " (" + line.why + ")";
}

std::string place(const Access& access) {
  const size_t slash = access.file.rfind('/');
  const std::string name = slash == std::string::npos ? access.file : access.file.substr(slash + 1);
  return access.line ? name + ":" + std::to_string(access.line) : std::string("an unknown line");
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::out_of_bounds:
      return "out of bounds";
    case Kind::use_after_free:
      return "use after free";
    case Kind::uninitialized_read:
      return "uninitialized read";
    case Kind::misaligned:
      return "misaligned access";
    case Kind::race:
      return "race";
    case Kind::missing_wait:
      return "missing wait";
    case Kind::missing_proxy_fence:
      return "missing proxy fence";
    case Kind::divergent_barrier:
      return "divergent barrier";
    case Kind::divergent_warp:
      return "divergent warp";
    case Kind::warp_mask:
      return "warp mask";
    case Kind::barrier_misuse:
      return "barrier misuse";
    case Kind::mbarrier_misuse:
      return "mbarrier misuse";
    case Kind::mbarrier_bytes:
      return "mbarrier bytes";
    case Kind::cluster_misuse:
      return "cluster misuse";
    case Kind::deadlock:
      return "deadlock";
    case Kind::runaway:
      return "runaway";
    case Kind::wrong_space:
      return "wrong memory space";
    case Kind::host_memory:
      return "host memory";
    case Kind::device_memory_on_host:
      return "device memory on the host";
    case Kind::bad_free:
      return "bad free";
    case Kind::bad_copy:
      return "bad copy";
    case Kind::tensor_map:
      return "tensor map";
    case Kind::descriptor:
      return "descriptor";
    case Kind::unsupported:
      return "unsupported";
  }
  return "?";
}

Site site_of(const char* file, int line) {
  Recent& entry = recent[(reinterpret_cast<uintptr_t>(file) / 8 * 31 + static_cast<uintptr_t>(line)) % 256];
  if (entry.file == file && entry.line == line) return entry.site;
  auto [at, fresh] = place_numbers.try_emplace({file, line}, named_site | static_cast<Site>(places.size()));
  if (fresh) places.push_back({file, line});
  entry = {file, line, at->second};
  return at->second;
}

Site site_of(const void* return_address) {
  // The call's own address is one before where it returns to.
  return static_cast<Site>(reinterpret_cast<uintptr_t>(return_address) - 1 - anchor()) & ~named_site;
}

static uintptr_t address_of(Site site) {
  const auto distance = static_cast<int32_t>(site << 1) >> 1;
  return anchor() + static_cast<uintptr_t>(static_cast<intptr_t>(distance));
}

dim3 index_in_block(uint32_t thread) {
  const uint32_t t = thread % machine.block_threads;
  return {t % machine.block.x, t / machine.block.x % machine.block.y, t / (machine.block.x * machine.block.y)};
}

dim3 block_of(uint64_t sequence, uint32_t thread) {
  const uint64_t nth = sequence - machine.first_sequence;
  if (nth >= machine.order.size()) return {0, 0, 0};
  const uint32_t clusters_x = machine.grid.x / machine.cluster;
  const uint32_t number = machine.order[nth];
  return {number % clusters_x * machine.cluster + thread / machine.block_threads, number / clusters_x % machine.grid.y,
          number / clusters_x / machine.grid.y};
}

std::string describe(dim3 block, dim3 thread) {
  const auto triple = [](dim3 d) { return std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z); };
  return "block " + triple(block) + " thread " + triple(thread);
}

bool found_before(Kind kind, Site site, Site other) {
  const auto at = keys.find({kind, site, other});
  if (at == keys.end()) return false;
  ++found[at->second].finding.count;
  return true;
}

static void add(const Subject& subject, const Conflict* other, const std::string& text) {
  const Key key{subject.kind, subject.site, other ? other->site : 0};
  const bool somewhere = subject.fiber != nullptr || subject.site != 0;  // else the host's API: each call is a finding of its own
  if (somewhere && found_before(subject.kind, subject.site, other ? other->site : 0)) return;
  if (found.size() >= most_findings) return;
  Raw raw;
  raw.site = subject.site;
  raw.other_site = other ? other->site : 0;
  raw.detail = text;
  raw.resolved = false;
  Finding& finding = raw.finding;
  finding.kind = subject.kind;
  finding.here.what = subject.what;
  if (subject.bytes) finding.here.what += " of " + plural(subject.bytes);
  if (subject.fiber) {
    finding.kernel = machine.kernel;
    const uint3 b = subject.fiber->block_index;
    const uint3 t = subject.fiber->thread_index;
    finding.here.block = {b.x, b.y, b.z};
    finding.here.thread = {t.x, t.y, t.z};
  }
  if (other) {
    finding.has_other = true;
    finding.other.what = other->what;
    finding.other.block = block_of(other->sequence, other->thread);
    finding.other.thread = index_in_block(other->thread);
  }
  if (somewhere) keys[key] = found.size();
  found.push_back(std::move(raw));
}

void add_finding(const Subject& subject, const std::string& text) { add(subject, nullptr, text); }
void add_finding(const Subject& subject, const Conflict& other, const std::string& text) { add(subject, &other, text); }

size_t finding_count() { return found.size(); }

Counters& counters() { return totals; }

void resolve_findings() {
  if (first_unresolved == found.size()) return;
  std::vector<uintptr_t> addresses;
  std::vector<Access*> wanting;
  for (size_t i = first_unresolved; i < found.size(); ++i) {
    Raw& raw = found[i];
    const auto look_up = [&](Site site, Access& access) {
      if (site == 0) return;
      if (site & named_site) {
        const auto& [file, line] = places[site & ~named_site];
        access.file = file;
        access.line = line;
      } else {
        addresses.push_back(address_of(site));
        wanting.push_back(&access);
      }
    };
    look_up(raw.site, raw.finding.here);
    if (raw.finding.has_other) look_up(raw.other_site, raw.finding.other);
  }
  const std::vector<Line> lines = lines_of(addresses);
  for (size_t i = 0; i < lines.size(); ++i) resolve(*wanting[i], lines[i]);
  for (size_t i = first_unresolved; i < found.size(); ++i) {
    Finding& finding = found[i].finding;
    finding.text = finding.here.what;
    if (!found[i].detail.empty()) finding.text += (finding.text.empty() ? "" : " ") + found[i].detail;
  }
  first_unresolved = found.size();
}

std::string Finding::to_string() const {
  std::string s = name_of(kind);
  if (!kernel.empty()) s += " in " + kernel;
  s += ": " + text + " at " + place(here);
  if (!kernel.empty()) s += ", " + describe(here.block, here.thread);
  if (has_other) s += "; against the " + other.what + " at " + place(other) + ", " + describe(other.block, other.thread);
  if (count > 1) s += " (" + std::to_string(count) + " times)";
  return s;
}

std::string Report::to_string() const {
  std::string s;
  for (const Finding& finding : findings) s += finding.to_string() + "\n";
  return s;
}

// Several instructions of one line are one finding.
static std::vector<Finding> merged(size_t from) {
  std::vector<Finding> result;
  std::map<std::tuple<Kind, std::string, std::string, int, std::string, int>, size_t> seen;
  for (size_t i = from; i < found.size(); ++i) {
    const Finding& finding = found[i].finding;
    const auto [at, fresh] = seen.try_emplace(
        {finding.kind, finding.kernel, finding.here.file, finding.here.line, finding.other.file, finding.other.line}, result.size());
    if (fresh || finding.here.line == 0) {
      result.push_back(finding);
    } else {
      result[at->second].count += finding.count;
    }
  }
  return result;
}

std::string first_finding_since(size_t count) {
  const std::vector<Finding> fresh = merged(count);
  if (fresh.empty()) return "";
  const Finding* first = &fresh[0];
  if (first->kind == Kind::uninitialized_read) {
    // A read that came before the write that it should have waited for: the race names both.
    for (const Finding& other : fresh) {
      if (other.kind != Kind::race) continue;
      first = &other;
      break;
    }
  }
  std::string s = first->to_string();
  if (fresh.size() > 1) s += " (and " + std::to_string(fresh.size() - 1) + " other findings)";
  return s;
}

Report current_report() { return {merged(0), totals}; }

void clear_findings() {
  found.clear();
  keys.clear();
  first_unresolved = 0;
  totals = Counters();
}

}  // namespace emu
