// mma.sync, ldmatrix and stmatrix. Products are exact in float; their sums are rounded one after the other, where a tensor core keeps a few
// more bits or a few less: tolerances must allow for a sum of k terms.
#include <algorithm>
#include <bit>
#include <cstring>

#include "findings.h"
#include "instructions.h"
#include "memory.h"
#include "scheduler.h"
#include "shadow.h"
#include "warp.h"

namespace emu {
namespace {

struct Mma {
  Product product;
  Sums4 d;
  Fragment4 a;
  Fragment2 b;
};

float low(Product product, uint32_t pair) {
  const auto half = static_cast<uint16_t>(pair);
  return product == Product::bf16_k16 || product == Product::bf16_k8 ? to_float(bf16{half}) : to_float(f16{half});
}

// The hardware reads the upper 19 bits of a tf32.
float tf32(uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); }

bool whole_warp(uint32_t mask, const char* what, const char* file, int line) {
  if (mask == ~0u) return true;
  if (lanes_of(current->warp) == ~0u) return false;  // lanes have returned, or do not take part: found already
  const Site site = site_of(file, line);
  if (!found_before(Kind::warp_mask, site)) add_finding({Kind::warp_mask, current, site, what}, "by a warp of fewer than 32 threads");
  return false;
}

void run_mma(void** arguments, uint32_t mask, const char* file, int line) {
  if (!whole_warp(mask, "mma", file, line)) return;
  counters().products++;
  const Product product = static_cast<Mma*>(arguments[0])->product;
  const bool is_tf32 = product == Product::tf32_k8 || product == Product::tf32_k4;
  const int k = product == Product::bf16_k16 || product == Product::f16_k16 ? 16 : product == Product::tf32_k4 ? 4 : 8;
  float a[16][16];
  float b[16][8];
  float d[16][8];
  for (int lane = 0; lane < 32; ++lane) {
    const auto* mma = static_cast<const Mma*>(arguments[lane]);
    const int g = lane / 4;
    const int t = lane % 4;
    if (is_tf32) {
      for (int i = 0; i < k / 2; ++i) a[g + i % 2 * 8][t + i / 2 * 4] = tf32(mma->a.r[i]);
      for (int i = 0; i < k / 4; ++i) b[t + i * 4][g] = tf32(mma->b.r[i]);
    } else {
      for (int i = 0; i < k / 4; ++i) {
        a[g + i % 2 * 8][2 * t + i / 2 * 8] = low(product, mma->a.r[i]);
        a[g + i % 2 * 8][2 * t + i / 2 * 8 + 1] = low(product, mma->a.r[i] >> 16);
      }
      for (int i = 0; i < k / 8; ++i) {
        b[2 * t + i * 8][g] = low(product, mma->b.r[i]);
        b[2 * t + i * 8 + 1][g] = low(product, mma->b.r[i] >> 16);
      }
    }
    for (int i = 0; i < 4; ++i) d[g + i / 2 * 8][2 * t + i % 2] = mma->d.r[i];
  }
  for (int row = 0; row < 16; ++row) {
    for (int i = 0; i < k; ++i) {
      for (int column = 0; column < 8; ++column) d[row][column] += a[row][i] * b[i][column];
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    auto* mma = static_cast<Mma*>(arguments[lane]);
    for (int i = 0; i < 4; ++i) mma->d.r[i] = d[lane / 4 + i / 2 * 8][2 * (lane % 4) + i % 2];
  }
}

struct Matrices {
  int count;
  const void* row;
  bool transposed;
  Fragment4 r;
};

// Row `row` of matrix `matrix`, checked as its lane's access; null: not there.
void* row_of(void** arguments, int matrix, int row, Act act, Site site) {
  const int lane = matrix * 8 + row;
  const auto* matrices = static_cast<const Matrices*>(arguments[lane]);
  Fiber& fiber = machine.fibers[machine.warps[current->warp].first + static_cast<uint32_t>(lane)];
  auto* address = const_cast<void*>(matrices->row);
  const char* what = act == Act::read ? "ldmatrix" : "stmatrix";
  if (!is_shared(address)) {
    if (!found_before(Kind::wrong_space, site)) {
      add_finding({Kind::wrong_space, &fiber, site, what}, "of an address that is not shared memory, " + whereabouts(address));
    }
    return nullptr;
  }
  if (reinterpret_cast<uintptr_t>(address) % 16) {
    if (!found_before(Kind::misaligned, site))
      add_finding({Kind::misaligned, &fiber, site, what, 16}, "of a row that is not 16-byte aligned");
    return nullptr;
  }
  if (settings.check && !check_access(fiber, address, 16, act, site)) return nullptr;
  return address;
}

void count_conflicts(void* const* rows) {
  int banks[8] = {};
  for (int row = 0; row < 8; ++row) banks[arena_offset(rows[row]) / 16 % 8]++;
  counters().ldmatrix_phases++;
  counters().ldmatrix_wavefronts += static_cast<uint64_t>(*std::max_element(banks, banks + 8));
}

void run_load(void** arguments, uint32_t mask, const char* file, int line) {
  if (!whole_warp(mask, "ldmatrix", file, line)) return;
  const Site site = site_of(file, line);
  const int count = static_cast<Matrices*>(arguments[0])->count;
  for (int matrix = 0; matrix < count; ++matrix) {
    void* rows[8];
    uint16_t values[8][8];
    std::memset(values, 0xff, sizeof values);
    bool all = true;
    for (int row = 0; row < 8; ++row) {
      rows[row] = row_of(arguments, matrix, row, Act::read, site);
      if (rows[row]) {
        std::memcpy(values[row], rows[row], 16);
      } else {
        all = false;
      }
    }
    if (all) count_conflicts(rows);
    for (int lane = 0; lane < 32; ++lane) {
      auto* to = static_cast<Matrices*>(arguments[lane]);
      const int r = lane / 4;
      const int c = lane % 4 * 2;
      const uint16_t first = to->transposed ? values[c][r] : values[r][c];
      const uint16_t second = to->transposed ? values[c + 1][r] : values[r][c + 1];
      to->r.r[matrix] = first | static_cast<uint32_t>(second) << 16;
    }
  }
}

void run_store(void** arguments, uint32_t mask, const char* file, int line) {
  if (!whole_warp(mask, "stmatrix", file, line)) return;
  const Site site = site_of(file, line);
  const int count = static_cast<Matrices*>(arguments[0])->count;
  for (int matrix = 0; matrix < count; ++matrix) {
    uint16_t values[8][8];
    for (int lane = 0; lane < 32; ++lane) {
      const auto* from = static_cast<const Matrices*>(arguments[lane]);
      const int r = lane / 4;
      const int c = lane % 4 * 2;
      (from->transposed ? values[c][r] : values[r][c]) = static_cast<uint16_t>(from->r.r[matrix]);
      (from->transposed ? values[c + 1][r] : values[r][c + 1]) = static_cast<uint16_t>(from->r.r[matrix] >> 16);
    }
    for (int row = 0; row < 8; ++row) {
      if (void* to = row_of(arguments, matrix, row, Act::write, site)) std::memcpy(to, values[row], 16);
    }
  }
}

}  // namespace

Sums4 mma(Product product, Sums4 d, Fragment4 a, Fragment2 b, const char* file, int line) {
  Mma argument{product, d, a, b};
  collective(~0u, run_mma, &argument, false, file, line);
  return argument.d;
}

Fragment4 load_matrices(int count, const void* row, bool transposed, const char* file, int line) {
  Matrices argument{count, row, transposed, {}};
  collective(~0u, run_load, &argument, false, file, line);
  return argument.r;
}

void store_matrices(int count, void* row, Fragment4 r, bool transposed, const char* file, int line) {
  Matrices argument{count, row, transposed, r};
  collective(~0u, run_store, &argument, false, file, line);
}

}  // namespace emu
