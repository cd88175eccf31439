#include "wgmma.h"

#include "findings.h"
#include "instructions.h"
#include "scheduler.h"

namespace emu {

void products_without(Fiber&) {}
void forget_products() {}
static void missing(const char* file, int line) {
  add_finding({Kind::unsupported, current, site_of(file, line), "wgmma"}, "");
  end_launch("wgmma is not emulated yet");
}
void wgmma_fence(const char* file, int line) { missing(file, line); }
void wgmma_commit(const char* file, int line) { missing(file, line); }
void wgmma_wait(int, const char* file, int line) { missing(file, line); }
void wgmma(const WarpGroupProduct&, const char* file, int line) { missing(file, line); }

}  // namespace emu
