#include "fiber.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#if !defined(__x86_64__) || defined(EMU_UCONTEXT)
#define EMU_USE_UCONTEXT 1
#include <ucontext.h>
#else
#define EMU_USE_UCONTEXT 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emu {
namespace {

// Local arrays of a kernel live here. Pages that are not touched cost nothing.
constexpr size_t stack_bytes = 256 << 10;
constexpr size_t page = 4096;
// A guard page splits a mapping in two, and Linux allows a process about 65,000 of them; a JVM needs some as well.
constexpr size_t guarded_stacks = 4096;
std::vector<char*> stacks;

char* stack_of(uint32_t id) {
  while (stacks.size() <= id) {
    void* memory = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    if (stacks.size() < guarded_stacks) mprotect(memory, page, PROT_NONE);
    stacks.push_back(static_cast<char*>(memory));
  }
  return stacks[id];
}

void* host_stack_pointer;
#if EMU_USE_UCONTEXT
ucontext_t host_context;
#endif
#if defined(__SANITIZE_ADDRESS__)
const void* host_stack_begin;
size_t host_stack_size;
#endif

void (*entry_point)();

[[maybe_unused]] void start() {
#if defined(__SANITIZE_ADDRESS__)
  const void* begin;
  size_t size;
  __sanitizer_finish_switch_fiber(nullptr, &begin, &size);
  if (host_stack_begin == nullptr) {  // the first switch of the process comes from the host
    host_stack_begin = begin;
    host_stack_size = size;
  }
#endif
  entry_point();
  std::abort();
}

}  // namespace

#if !EMU_USE_UCONTEXT
// Saves what the System V ABI lets a callee keep, and nothing else; both sides are ordinary calls to the compiler.
extern "C" void emu_switch_stacks(void** save, void* load);
asm(R"(
.text
.globl emu_switch_stacks
.hidden emu_switch_stacks
.type emu_switch_stacks,@function
emu_switch_stacks:
  .cfi_startproc
  endbr64
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .cfi_endproc
.size emu_switch_stacks,.-emu_switch_stacks
)");
#endif

void prepare_stack(Fiber& fiber, void (*entry)()) {
  entry_point = entry;
  fiber.stack_begin = stack_of(fiber.id) + page;
  fiber.stack_end = stack_of(fiber.id) + stack_bytes;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(fiber.stack_begin, stack_bytes - page);
#endif
#if EMU_USE_UCONTEXT
  if (fiber.context == nullptr) fiber.context = std::malloc(sizeof(ucontext_t));
  auto* context = static_cast<ucontext_t*>(fiber.context);
  getcontext(context);
  context->uc_stack.ss_sp = fiber.stack_begin;
  context->uc_stack.ss_size = stack_bytes - page;
  context->uc_link = nullptr;
  makecontext(context, start, 0);
#else
  // Tops at the same offset of a page would share the sets of the L1 cache: 64-byte steps spread them.
  const size_t stagger = fiber.id * 320 % page;
  auto top = (reinterpret_cast<uintptr_t>(fiber.stack_end) - stagger) & ~uintptr_t{63};
  auto* word = reinterpret_cast<void**>(top);
  *--word = nullptr;  // start() never returns; the ABI wants the stack at 8 past a multiple of 16 where a function begins
  *--word = reinterpret_cast<void*>(&start);
  for (int i = 0; i < 6; ++i) *--word = nullptr;
  fiber.stack_pointer = word;
#endif
}

void switch_stacks(Fiber* from, Fiber* to) {
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  const bool gone = from != nullptr && from->state == State::done;
  __sanitizer_start_switch_fiber(gone ? nullptr : &fake, to ? to->stack_begin : host_stack_begin,
                                 to ? static_cast<size_t>(to->stack_end - to->stack_begin) : host_stack_size);
#endif
#if EMU_USE_UCONTEXT
  swapcontext(from ? static_cast<ucontext_t*>(from->context) : &host_context, to ? static_cast<ucontext_t*>(to->context) : &host_context);
#else
  emu_switch_stacks(from ? &from->stack_pointer : &host_stack_pointer, to ? to->stack_pointer : host_stack_pointer);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

}  // namespace emu
