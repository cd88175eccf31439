#include "symbols.h"

#include <link.h>

#include <cstdio>
#include <cstdlib>
#include <map>

namespace emu {
namespace {

struct Segment {
  uintptr_t begin, end, bias;
  std::string module;
};

std::vector<Segment> segments;

int add_segments(dl_phdr_info* info, size_t, void*) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    const char* name = info->dlpi_name;
    segments.push_back({begin, begin + header.p_memsz, info->dlpi_addr, name && name[0] ? name : "/proc/self/exe"});
  }
  return 0;
}

const Segment* segment_of(uintptr_t address) {
  for (const Segment& segment : segments) {
    if (address >= segment.begin && address < segment.end) return &segment;
  }
  return nullptr;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + "'";
}

// /proc/self of the child is the child.
std::string path_of(const std::string& module) {
  if (module != "/proc/self/exe") return module;
  char* real = realpath("/proc/self/exe", nullptr);
  std::string path = real ? real : module;
  std::free(real);
  return path;
}

}  // namespace

bool in_module(uintptr_t begin, size_t bytes) {
  const Segment* segment = segment_of(begin);
  if (segment == nullptr) {
    segments.clear();
    dl_iterate_phdr(add_segments, nullptr);
    segment = segment_of(begin);
  }
  return segment != nullptr && begin + bytes <= segment->end;
}

static std::vector<Line> looked_up(const std::vector<uintptr_t>& addresses) {
  std::vector<Line> lines(addresses.size());
  segments.clear();
  dl_iterate_phdr(add_segments, nullptr);
  std::map<std::string, std::vector<size_t>> by_module;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const Segment* segment = segment_of(addresses[i]);
    if (segment == nullptr) {
      lines[i].why = "code of no loaded module";
    } else {
      by_module[segment->module].push_back(i);
    }
  }
  for (const auto& [module, indices] : by_module) {
    std::string command = "addr2line -e " + quoted(path_of(module));
    for (const size_t i : indices) {
      char text[32];
      std::snprintf(text, sizeof text, " 0x%zx", static_cast<size_t>(addresses[i] - segment_of(addresses[i])->bias));
      command += text;
    }
    command += " 2>/dev/null";
    FILE* output = popen(command.c_str(), "r");
    char text[4096];
    for (const size_t i : indices) {
      if (output == nullptr || std::fgets(text, sizeof text, output) == nullptr) {
        lines[i].why = "install binutils for files and lines";
        continue;
      }
      std::string line = text;
      const size_t colon = line.rfind(':');
      const int number = colon == std::string::npos ? 0 : std::atoi(line.c_str() + colon + 1);
      if (number <= 0) {
        lines[i].why = "compile kernels with -g1 for files and lines";
      } else {
        lines[i].file = line.substr(0, colon);
        lines[i].line = number;
      }
    }
    if (output != nullptr) pclose(output);
  }
  return lines;
}

std::vector<Line> lines_of(const std::vector<uintptr_t>& addresses) {
  // A process looks an address up once: addr2line takes tens of milliseconds to read a library's lines.
  static std::map<uintptr_t, Line> known;
  std::vector<uintptr_t> fresh;
  for (const uintptr_t address : addresses) {
    if (known.try_emplace(address).second) fresh.push_back(address);
  }
  const std::vector<Line> found = looked_up(fresh);
  for (size_t i = 0; i < fresh.size(); ++i) known[fresh[i]] = found[i];
  std::vector<Line> lines;
  for (const uintptr_t address : addresses) lines.push_back(known[address]);
  return lines;
}

}  // namespace emu
