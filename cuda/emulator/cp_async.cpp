// cp.async: a thread's own copies, in groups that it waits for.
#include <cstring>

#include "async.h"
#include "findings.h"
#include "instructions.h"
#include "memory.h"
#include "scheduler.h"
#include "shadow.h"

namespace emu {
namespace {

void land(ThreadCopy& copy) {
  if (copy.landed) return;
  copy.landed = true;
  std::memcpy(copy.to, copy.from, copy.source_bytes);
  std::memset(copy.to + copy.source_bytes, 0, copy.bytes - copy.source_bytes);
}

}  // namespace

void cp_async(void* shared, const void* global, int bytes, int source_bytes, const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  const auto width = static_cast<uintptr_t>(bytes);
  const auto taken = static_cast<size_t>(source_bytes);
  if (source_bytes < 0 || source_bytes > bytes) {
    add_finding({Kind::bad_copy, &fiber, site, "cp.async"},
                "of " + std::to_string(source_bytes) + " of " + std::to_string(bytes) + " bytes");
    return;
  }
  const bool source_matters = taken != 0;
  if (!is_shared(shared) || (source_matters && !is_global(global))) {
    if (!found_before(Kind::wrong_space, site)) {
      add_finding({Kind::wrong_space, &fiber, site, "cp.async"},
                  !is_shared(shared) ? "into what is not shared memory" : "from what is not global memory, " + whereabouts(global));
    }
    return;
  }
  if ((reinterpret_cast<uintptr_t>(shared) | (source_matters ? reinterpret_cast<uintptr_t>(global) : 0)) & (width - 1)) {
    if (!found_before(Kind::misaligned, site)) {
      add_finding({Kind::misaligned, &fiber, site, "cp.async", width}, "with an address that is not a multiple of it");
    }
    return;  // the hardware stops here
  }
  if (settings.check) {
    const bool readable = !source_matters || check_access(fiber, global, taken, Act::read, site);
    if (!check_access(fiber, shared, width, Act::write, site) || !readable) return;  // what was there stays: poison, at first
    begin_arrival(shared, width);
  }
  ThreadCopy copy{static_cast<char*>(shared),
                  static_cast<const char*>(global),
                  static_cast<uint32_t>(bytes),
                  static_cast<uint32_t>(source_bytes),
                  fiber.copy_group,
                  site,
                  false};
  if (settings.landing == Landing::early || (settings.landing == Landing::random && (random_number() & 1))) land(copy);
  fiber.copies.push_back(copy);
}

void cp_async_commit(const char*, int) { ++current->copy_group; }

void cp_async_wait(int pending, const char*, int) {
  Fiber& fiber = *current;
  size_t kept = 0;
  for (ThreadCopy& copy : fiber.copies) {
    if (copy.group + static_cast<uint32_t>(pending) >= fiber.copy_group) {
      fiber.copies[kept++] = copy;
      continue;
    }
    land(copy);
    if (settings.check) end_arrival(copy.to, copy.bytes, fiber.epoch, false);
  }
  fiber.copies.resize(kept);
}

void thread_copies_without(Fiber& fiber) {
  if (fiber.copies.empty()) return;
  const ThreadCopy& first = fiber.copies.front();
  if (!found_before(Kind::missing_wait, first.site)) {
    add_finding({Kind::missing_wait, &fiber, first.site, "cp.async", first.bytes}, "still under way when its thread returns");
  }
  for (ThreadCopy& copy : fiber.copies) land(copy);
  fiber.copies.clear();
}

}  // namespace emu
