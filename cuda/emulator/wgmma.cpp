// wgmma: products of 64 rows by the four warps of a group. Each warp's 16 rows are a product of their own here, computed when it lands: at
// once, at the wait for it, or in between. Until the wait its sums, its operand registers and its operands in shared memory are in flight.
#include "wgmma.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>

#include "findings.h"
#include "flights.h"
#include "instructions.h"
#include "memory.h"
#include "readers.h"
#include "scheduler.h"
#include "shadow.h"
#include "swizzle.h"
#include "warp.h"

namespace emu {
namespace {

// What the bits of a matrix descriptor say (PTX manual, "Matrix Descriptor Format").
struct Descriptor {
  char* start;
  uint32_t leading;  // bytes
  uint32_t stride;   // bytes
  uint32_t swizzle;  // 0, 1, 2, 3 for none, 32, 64, 128 bytes
  uint32_t base_offset;
};

Descriptor decode(uint64_t bits, uint32_t block) {
  const auto field = [bits](int shift) { return static_cast<uint32_t>(bits >> shift & 0x3fff) << 4; };
  const auto mode = static_cast<uint32_t>(bits >> 62);
  return {window_begin(block) + field(0), field(16), field(32), mode == 0 ? 0 : 4 - mode, static_cast<uint32_t>(bits >> 49 & 7)};
}

// The 16-byte chunk `chunk` of line `line`: a line is a row (a column of b) with K contiguous, or (transposed) one k with M or N
// contiguous.
char* chunk_of(const Descriptor& d, bool transposed, uint32_t line, uint32_t chunk) {
  const uint32_t atom = 1u << d.swizzle;  // chunks of a swizzled row
  uint64_t offset;
  if (d.swizzle == 0) {
    offset = uint64_t{line % 8} * 16 + (transposed ? uint64_t{line / 8} * d.leading + uint64_t{chunk} * d.stride
                                                   : uint64_t{line / 8} * d.stride + uint64_t{chunk} * d.leading);
  } else if (transposed) {
    offset =
        uint64_t{chunk % atom} * 16 + uint64_t{chunk / atom} * d.leading + uint64_t{line % 8} * 16 * atom + uint64_t{line / 8} * d.stride;
  } else {
    offset = uint64_t{chunk} * 16 + uint64_t{line % 8} * 16 * atom + uint64_t{line / 8} * d.stride;
  }
  return swizzled(d.start + offset, d.swizzle);
}

struct Queued {
  WarpGroupProduct product;
  uint32_t a_registers[32][4];
  const uint32_t* a_place[32];
  float* d[32];
  uint32_t block;
  uint32_t warp_of_group;
  uint32_t group;  // of wgmma_commit
  Site site;
  uint64_t flight;
  bool landed;
};

struct Queue {
  std::deque<Queued> products;
  uint32_t group = 0;
  uint32_t issued = 0;  // in the warp's life
};
std::vector<Queue> queues;  // by warp
struct Issued {
  WarpGroupProduct product;
  Site site;
  uint32_t warp;
};
std::vector<std::vector<Issued>> logs;  // by warp group: what its first warp to come issued; the others must do the same

Queue& queue_of(uint32_t warp) {
  if (queues.size() <= warp) {
    queues.resize(machine.warps.size());
    logs.resize(machine.warps.size() / 4 + 1);
  }
  return queues[warp];
}

float value_of(Element element, const char* at) {
  if (element == Element::tf32) {
    uint32_t bits;
    std::memcpy(&bits, at, 4);
    return std::bit_cast<float>(bits & 0xffffe000u);
  }
  uint16_t bits;
  std::memcpy(&bits, at, 2);
  return element == Element::bf16 ? to_float(bf16{bits}) : to_float(f16{bits});
}

// Reads `lines` x 32 bytes, or (transposed) 16 k x `lines` elements, from line `first` on, into out[line][k].
void read_matrix(const Descriptor& d, const WarpGroupProduct& p, bool transposed, uint32_t first, uint32_t lines, float (*out)[16]) {
  const uint32_t width = p.element == Element::tf32 ? 4 : 2;
  const uint32_t in_chunk = 16 / width;
  if (transposed) {
    for (uint32_t k = 0; k < 16; ++k) {
      for (uint32_t i = 0; i < lines; ++i) {
        out[i][k] = value_of(p.element, chunk_of(d, true, k, (first + i) / in_chunk) + (first + i) % in_chunk * width);
      }
    }
    return;
  }
  for (uint32_t i = 0; i < lines; ++i) {
    for (uint32_t chunk = 0; chunk < 2; ++chunk) {
      const char* at = chunk_of(d, false, first + i, chunk);
      for (uint32_t k = 0; k < in_chunk; ++k) out[i][chunk * in_chunk + k] = value_of(p.element, at + k * width);
    }
  }
}

void land(Queued& q) {
  if (q.landed) return;
  q.landed = true;
  counters().products++;
  const WarpGroupProduct& p = q.product;
  const uint32_t k_count = p.element == Element::tf32 ? 8 : 16;
  const auto n = static_cast<uint32_t>(p.n);
  float a[16][16];
  float b[256][16];
  float sums[16][256];
  if (p.a_registers) {
    for (uint32_t lane = 0; lane < 32; ++lane) {
      const uint32_t g = lane / 4;
      const uint32_t t = lane % 4;
      for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t bits = q.a_registers[lane][i];
        float* row = a[g + i % 2 * 8];
        if (p.element == Element::tf32) {
          row[t + i / 2 * 4] = std::bit_cast<float>(bits & 0xffffe000u);
        } else {
          const auto lower = static_cast<uint16_t>(bits);
          const auto upper = static_cast<uint16_t>(bits >> 16);
          row[2 * t + i / 2 * 8] = p.element == Element::bf16 ? to_float(bf16{lower}) : to_float(f16{lower});
          row[2 * t + i / 2 * 8 + 1] = p.element == Element::bf16 ? to_float(bf16{upper}) : to_float(f16{upper});
        }
      }
    }
  } else {
    read_matrix(decode(p.a, q.block), p, p.transposed_a, q.warp_of_group * 16, 16, a);
  }
  read_matrix(decode(p.b, q.block), p, p.transposed_b, 0, n, b);
  for (uint32_t lane = 0; lane < 32; ++lane) {
    for (uint32_t i = 0; i < n / 2; ++i) {
      sums[lane / 4 + i / 2 % 2 * 8][i / 4 * 8 + lane % 4 * 2 + i % 2] = p.accumulate ? q.d[lane][i] : 0.0f;
    }
  }
  for (uint32_t row = 0; row < 16; ++row) {
    for (uint32_t column = 0; column < n; ++column) {
      float sum = sums[row][column];
      for (uint32_t k = 0; k < k_count; ++k) sum += a[row][k] * b[column][k];
      sums[row][column] = sum;
    }
  }
  for (uint32_t lane = 0; lane < 32; ++lane) {
    for (uint32_t i = 0; i < n / 2; ++i) {
      q.d[lane][i] = sums[lane / 4 + i / 2 % 2 * 8][i / 4 * 8 + lane % 4 * 2 + i % 2];
    }
  }
}

// The chunks of shared memory that the warp's product reads.
std::vector<Range> operands(const Queued& q) {
  std::vector<Range> ranges;
  const auto add = [&](uint64_t bits, bool transposed, uint32_t first, uint32_t lines) {
    const Descriptor d = decode(bits, q.block);
    if (transposed) {
      for (uint32_t k = 0; k < 16; ++k) {
        for (uint32_t chunk = first / 8; chunk < (first + lines) / 8; ++chunk) ranges.push_back({chunk_of(d, true, k, chunk), 16});
      }
    } else {
      for (uint32_t line = first; line < first + lines; ++line) {
        for (uint32_t chunk = 0; chunk < 2; ++chunk) ranges.push_back({chunk_of(d, false, line, chunk), 16});
      }
    }
  };
  if (!q.product.a_registers) add(q.product.a, q.product.transposed_a, q.warp_of_group * 16, 16);
  add(q.product.b, q.product.transposed_b, 0, static_cast<uint32_t>(q.product.n));
  return ranges;
}

std::string wrong_descriptor(uint64_t bits, bool transposed, const char* name) {
  const Descriptor d = decode(bits, 0);
  const std::string who = std::string("whose descriptor of ") + name;
  if (d.base_offset != 0) return who + " has a base offset: not emulated, align the matrix to the swizzle's pattern";
  if (bits & 0x3ff1c000c000c000ull) return who + " has bits outside of its fields";
  if (d.stride == 0 && !(transposed && d.swizzle)) return who + " has a stride of 0 bytes";
  return "";
}

void use_registers(Fiber& fiber, const void* begin, size_t bytes, bool written, Site site) {
  const auto* from = static_cast<const char*>(begin);
  if (from < fiber.stack_begin || from >= fiber.stack_end) return;
  for (size_t i = 0; i < fiber.registers.size();) {
    RegisterRange& range = fiber.registers[i];
    if (range.begin == from && range.end == from + bytes) {
      if (range.touched && !found_before(Kind::missing_wait, site, range.site)) {
        add_finding({Kind::missing_wait, &fiber, site, "wgmma"}, {machine.sequence, fiber.id, range.site, "wgmma"},
                    "on registers that were written without wgmma_fence since");
      }
      range.touched = false;
      range.site = site;
      range.written = written;
      ++range.products;
      return;
    }
    if (range.products == 0 && range.begin < from + bytes && from < range.end) {
      range = fiber.registers.back();  // the stack's place serves another variable now
      fiber.registers.pop_back();
    } else {
      ++i;
    }
  }
  if (!fiber.product_fence && !found_before(Kind::missing_wait, site)) {
    add_finding({Kind::missing_wait, &fiber, site, "wgmma"}, "on registers that it has not used before, without wgmma_fence");
  }
  fiber.registers.push_back({from, from + bytes, site, 1, written, false});
}

void leave_registers(Fiber& fiber, const void* begin) {
  for (RegisterRange& range : fiber.registers) {
    if (range.begin == begin && range.products > 0) --range.products;
  }
}

bool same_product(const WarpGroupProduct& x, const WarpGroupProduct& y) {
  return x.element == y.element && x.n == y.n && x.accumulate == y.accumulate && x.transposed_a == y.transposed_a &&
         x.transposed_b == y.transposed_b && x.a == y.a && x.b == y.b && (x.a_registers == nullptr) == (y.a_registers == nullptr);
}

struct Argument {
  const WarpGroupProduct* product;
};

bool refuse(Kind kind, Site site, const std::string& text) {
  if (!found_before(kind, site)) add_finding({kind, current, site, "wgmma"}, text);
  end_launch("wgmma cannot run as it was given");
  return false;
}

bool acceptable(void** arguments, uint32_t mask, Site site) {
  const WarpGroupProduct& p = *static_cast<Argument*>(arguments[__builtin_ctz(mask)])->product;
  if (mask != ~0u) return refuse(Kind::warp_mask, site, "by a part of a warp");
  for (int lane = 1; lane < 32; ++lane) {
    if (!same_product(p, *static_cast<Argument*>(arguments[lane])->product)) {
      return refuse(Kind::divergent_warp, site, "with other descriptors in lane " + std::to_string(lane) + " than in lane 0");
    }
  }
  if (machine.block_threads % 128) return refuse(Kind::unsupported, site, "in a block that is not made of groups of 128 threads");
  if (p.n < 8 || p.n > 256 || p.n % 8)
    return refuse(Kind::unsupported, site, "of " + std::to_string(p.n) + " columns; 8 to 256 in steps of 8");
  if (p.element == Element::tf32 && (p.transposed_a || p.transposed_b)) {
    return refuse(Kind::unsupported, site, "of tf32 with a transposed operand; the hardware has none");
  }
  std::string why = p.a_registers ? "" : wrong_descriptor(p.a, p.transposed_a, "a");
  if (why.empty()) why = wrong_descriptor(p.b, p.transposed_b, "b");
  return why.empty() || refuse(Kind::descriptor, site, why);
}

void run_wgmma(void** arguments, uint32_t mask, const char* file, int line) {
  const Site site = site_of(file, line);
  if (!acceptable(arguments, mask, site)) return;
  const uint32_t warp_number = current->warp;
  const Warp& warp = machine.warps[warp_number];
  Queue& queue = queue_of(warp_number);
  Queued q{};
  q.product = *static_cast<Argument*>(arguments[0])->product;
  q.block = current->block;
  q.warp_of_group = warp_number % machine.block_warps % 4;
  q.group = queue.group;
  q.site = site;
  for (uint32_t lane = 0; lane < 32; ++lane) {
    const WarpGroupProduct& p = *static_cast<Argument*>(arguments[lane])->product;
    Fiber& fiber = machine.fibers[warp.first + lane];
    q.d[lane] = p.d;
    q.a_place[lane] = p.a_registers;
    if (settings.check) use_registers(fiber, p.d, static_cast<size_t>(p.n) / 2 * sizeof(float), true, site);
    if (p.a_registers) {
      std::memcpy(q.a_registers[lane], p.a_registers, sizeof q.a_registers[lane]);
      if (settings.check) use_registers(fiber, p.a_registers, 16, false, site);
    }
  }
  std::vector<Issued>& log = logs[warp_number / 4];
  if (queue.issued < log.size()) {
    const Issued& first = log[queue.issued];
    if (!same_product(first.product, q.product) && !found_before(Kind::divergent_warp, site, first.site)) {
      add_finding({Kind::divergent_warp, current, site, "wgmma"}, {machine.sequence, machine.warps[first.warp].first, first.site, "wgmma"},
                  "while another warp of the group issued a different one in its place");
    }
  } else {
    log.push_back({q.product, site, warp_number});
  }
  ++queue.issued;
  if (settings.check) {
    // The reads are the warp's: after its wait any of its lanes may let others overwrite the operands.
    const Actor actor = actor_of_agent(agent_of_warp(warp_number), q.group + 1);
    std::vector<Range> ranges = operands(q);
    for (const Range& range : ranges) {
      if (!is_shared(range.begin) || window_of(range.begin) != q.block) {
        refuse(Kind::descriptor, site, "whose descriptor leads out of shared memory");
        return;
      }
      check_access(machine.fibers[warp.first + 31], range.begin, range.bytes, Act::read, site, true, &actor);
      begin_leaving(range.begin, range.bytes);
    }
    q.flight = begin_flight(warp.first, site, "wgmma", std::move(ranges));
  }
  queue.products.push_back(q);
  const bool now = settings.landing == Landing::early || (settings.landing == Landing::random && (random_number() & 3) == 0);
  if (now) {
    for (Queued& queued : queue.products) land(queued);
  }
}

struct Wait {
  int pending;
};

void run_commit(void**, uint32_t mask, const char* file, int line) {
  if (mask != ~0u) refuse(Kind::warp_mask, site_of(file, line), "commit by a part of a warp");
  ++queue_of(current->warp).group;
}

void run_wait(void** arguments, uint32_t mask, const char* file, int line) {
  if (mask != ~0u) refuse(Kind::warp_mask, site_of(file, line), "wait by a part of a warp");
  const auto pending = static_cast<uint32_t>(static_cast<Wait*>(arguments[0])->pending);
  const Warp& warp = machine.warps[current->warp];
  Queue& queue = queue_of(current->warp);
  const uint32_t done = queue.group > pending ? queue.group - pending : 0;  // groups below are waited for
  while (!queue.products.empty() && queue.products.front().group < done) {
    Queued& q = queue.products.front();
    land(q);
    if (settings.check) {
      end_flight(q.flight);
      for (uint32_t lane = 0; lane < 32; ++lane) {
        Fiber& fiber = machine.fibers[warp.first + lane];
        leave_registers(fiber, q.d[lane]);
        if (q.product.a_registers) leave_registers(fiber, q.a_place[lane]);
      }
    }
    queue.products.pop_front();
  }
  ClockReference before;
  ClockReference after;
  for (uint32_t lane = 0; lane < 32; ++lane) {
    Fiber& fiber = machine.fibers[warp.first + lane];
    fiber.product_fence = false;
    if (!(before == fiber.base) || !after) {
      before = fiber.base;
      after = copy_of(*before.get());
      uint32_t& known = after->at[machine.threads + agent_of_warp(fiber.warp)];
      known = std::max(known, done);
    }
    fiber.base = after;
  }
}

void run_fence(void**, uint32_t mask, const char* file, int line) {
  if (mask != ~0u) refuse(Kind::warp_mask, site_of(file, line), "fence by a part of a warp");
  const Warp& warp = machine.warps[current->warp];
  for (uint32_t lane = 0; lane < 32; ++lane) {
    Fiber& fiber = machine.fibers[warp.first + lane];
    fiber.product_fence = true;
    for (RegisterRange& range : fiber.registers) range.touched = false;
  }
}

}  // namespace

void wgmma(const WarpGroupProduct& product, const char* file, int line) {
  Argument argument{&product};
  collective(~0u, run_wgmma, &argument, false, file, line);
}

void wgmma_fence(const char* file, int line) { collective(~0u, run_fence, nullptr, false, file, line); }
void wgmma_commit(const char* file, int line) { collective(~0u, run_commit, nullptr, false, file, line); }
void wgmma_wait(int pending, const char* file, int line) {
  Wait argument{pending};
  collective(~0u, run_wait, &argument, false, file, line);
}

void products_without(Fiber& fiber) {
  if (fiber.warp >= queues.size()) return;
  Queue& queue = queues[fiber.warp];
  if (!queue.products.empty()) {
    const Queued& q = queue.products.front();
    if (!found_before(Kind::missing_wait, q.site)) {
      add_finding({Kind::missing_wait, &fiber, q.site, "wgmma"}, "still under way when its thread returns");
    }
    for (const Queued& gone : queue.products) end_flight(gone.flight);
    queue.products.clear();
  }
  const std::vector<Issued>& log = logs[fiber.warp / 4];
  if (fiber.lane == 0 && queue.issued < log.size()) {
    const Issued& missed = log[queue.issued];
    if (!found_before(Kind::divergent_warp, missed.site)) {
      add_finding(
          {Kind::divergent_warp, &machine.fibers[machine.warps[missed.warp].first], missed.site, "wgmma"},
          "that another warp of the group never issues, " + describe({fiber.block_index.x, fiber.block_index.y, fiber.block_index.z},
                                                                     {fiber.thread_index.x, fiber.thread_index.y, fiber.thread_index.z}));
    }
  }
}

void forget_products() {
  queues.clear();
  logs.clear();
}

}  // namespace emu
