#include "findings.h"
#include "instructions.h"
#include "scheduler.h"

namespace emu {

static void missing(const char* file, int line) {
  add_finding({Kind::unsupported, current, site_of(file, line), "TMA"}, "");
  end_launch("TMA is not emulated yet");
}
void tma_load(void*, const void*, int, const int32_t*, uint64_t*, const char* file, int line) { missing(file, line); }
void tma_store(const void*, const void*, int, const int32_t*, const char* file, int line) { missing(file, line); }
std::string encode_tensor_map(void*, const void*, int, int, const uint64_t*, const uint64_t*, const uint32_t*, uint32_t) {
  return "tensor maps are not emulated yet";
}

}  // namespace emu
