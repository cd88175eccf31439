// The copy engine: bulk and tensor transfers, each an agent of its own.
#include <algorithm>
#include <cstring>

#include "async.h"
#include "findings.h"
#include "flights.h"
#include "instructions.h"
#include "mbarrier.h"
#include "memory.h"
#include "scheduler.h"
#include "shadow.h"

namespace emu {
namespace {

struct Load {
  std::vector<Piece> pieces;
  uint32_t bytes;
  Mbarrier* barrier;
  uint32_t issuer;
};

struct Store {
  std::vector<Piece> pieces;
  uint32_t issuer;
  uint32_t group;
  Site site;
  uint64_t flight;  // 0: the thread has waited until shared memory was read
  bool landed;
};

std::vector<Load> loads;
std::vector<Store> stores;

void move(const Piece& piece) {
  if (piece.from) {
    std::memcpy(piece.to, piece.from, piece.bytes);
  } else {
    std::memset(piece.to, 0, piece.bytes);
  }
}

void land_load(size_t index) {
  const Load load = std::move(loads[index]);
  loads[index] = std::move(loads.back());
  loads.pop_back();
  const Epoch epoch = landing_epoch(*load.barrier, load.issuer);
  for (const Piece& piece : load.pieces) {
    move(piece);
    if (settings.check) end_arrival(piece.to, piece.bytes, epoch, true);
  }
  complete_bytes(*load.barrier, load.bytes);
}

// Shared memory is read, and global memory written, at one moment; that the writes are to be seen takes a wait for more than the reads.
void land_store(Store& store) {
  if (store.landed) return;
  store.landed = true;
  for (const Piece& piece : store.pieces) move(piece);
}

}  // namespace

void check_pieces(Fiber& fiber, std::vector<Piece>& pieces, Site site) {
  if (!settings.check) return;
  const auto gone = std::remove_if(pieces.begin(), pieces.end(), [&](const Piece& piece) {
    const bool readable = !piece.from || check_access(fiber, piece.from, piece.bytes, Act::read, site, true);
    return !check_access(fiber, piece.to, piece.bytes, Act::write, site, true) || !readable;
  });
  pieces.erase(gone, pieces.end());
}

void begin_load(Fiber& fiber, std::vector<Piece> pieces, uint32_t bytes, const uint64_t* barrier_address, Site site, const char* what) {
  Mbarrier* barrier = find_mbarrier(fiber, barrier_address, site, what);
  if (barrier == nullptr) return;
  mbarrier_takes_copies(fiber, *barrier, site);
  if (settings.check) {
    for (const Piece& piece : pieces) begin_arrival(piece.to, piece.bytes);
  }
  loads.push_back({std::move(pieces), bytes, barrier, fiber.id});
  if (settings.landing == Landing::early) land_load(loads.size() - 1);
}

void begin_store(Fiber& fiber, std::vector<Piece> pieces, Site site, const char* what) {
  std::vector<Range> ranges;
  for (const Piece& piece : pieces) ranges.push_back({piece.from, piece.bytes});
  if (settings.check) {
    for (const Piece& piece : pieces) {
      begin_arrival(piece.to, piece.bytes);
      begin_leaving(piece.from, piece.bytes);
    }
  }
  const uint64_t flight = begin_flight(fiber.id, site, what, std::move(ranges));
  stores.push_back({std::move(pieces), fiber.id, fiber.store_group, site, flight, false});
  if (settings.landing == Landing::early) land_store(stores.back());
}

void copy_engine_step() {
  if (settings.landing != Landing::random || (loads.empty() && stores.empty()) || (random_number() & 7)) return;
  if (!loads.empty()) land_load(random_number() % loads.size());
  if (!stores.empty()) land_store(stores[random_number() % stores.size()]);
}

bool land_one_copy() {
  if (loads.empty()) return false;
  land_load(settings.landing == Landing::late ? 0 : random_number() % loads.size());
  return true;
}

void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier, const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  if (!is_shared(shared) || !is_global(global)) {
    if (!found_before(Kind::wrong_space, site)) {
      add_finding({Kind::wrong_space, &fiber, site, "bulk_load"}, "wants global memory to read and shared memory to write");
    }
    return;
  }
  if ((reinterpret_cast<uintptr_t>(shared) | reinterpret_cast<uintptr_t>(global) | bytes) & 15u) {
    if (!found_before(Kind::misaligned, site)) {
      add_finding({Kind::misaligned, &fiber, site, "bulk_load", bytes}, "with an address or size that is not a multiple of 16");
    }
    return;
  }
  std::vector<Piece> pieces{{static_cast<char*>(shared), static_cast<const char*>(global), bytes}};
  check_pieces(fiber, pieces, site);
  begin_load(fiber, std::move(pieces), bytes, barrier, site, "bulk_load");
}

void bulk_store(void* global, const void* shared, uint32_t bytes, const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  if (!is_shared(shared) || !is_global(global)) {
    if (!found_before(Kind::wrong_space, site)) {
      add_finding({Kind::wrong_space, &fiber, site, "bulk_store"}, "wants shared memory to read and global memory to write");
    }
    return;
  }
  if ((reinterpret_cast<uintptr_t>(shared) | reinterpret_cast<uintptr_t>(global) | bytes) & 15u) {
    if (!found_before(Kind::misaligned, site)) {
      add_finding({Kind::misaligned, &fiber, site, "bulk_store", bytes}, "with an address or size that is not a multiple of 16");
    }
    return;
  }
  std::vector<Piece> pieces{{static_cast<char*>(global), static_cast<const char*>(shared), bytes}};
  check_pieces(fiber, pieces, site);
  begin_store(fiber, std::move(pieces), site, "bulk_store");
}

void bulk_commit(const char*, int) { ++current->store_group; }

void bulk_wait(int pending, bool read_only, const char*, int) {
  Fiber& fiber = *current;
  size_t kept = 0;
  for (size_t i = 0; i < stores.size(); ++i) {
    Store& store = stores[i];
    const bool waited = store.issuer == fiber.id && store.group + static_cast<uint32_t>(pending) < fiber.store_group;
    if (waited) {
      land_store(store);
      const bool read_until_now = store.flight != 0;
      end_flight(store.flight);
      store.flight = 0;
      for (const Piece& piece : store.pieces) {
        if (!settings.check) break;
        if (read_until_now) check_access(fiber, piece.from, piece.bytes, Act::read, store.site, true);
        if (!read_only) end_arrival(piece.to, piece.bytes, fiber.epoch, true);
      }
      if (!read_only) continue;
    }
    if (kept != i) stores[kept] = std::move(stores[i]);
    ++kept;
  }
  stores.resize(kept);
}

void copies_without(Fiber& fiber) {
  thread_copies_without(fiber);
  for (Store& store : stores) {
    if (store.issuer != fiber.id || store.flight == 0) continue;
    if (!found_before(Kind::missing_wait, store.site)) {
      add_finding({Kind::missing_wait, &fiber, store.site, "bulk store"}, "still reading shared memory when its thread returns");
    }
    land_store(store);
  }
}

void forget_copies() {
  // A copy that nobody waited for may land in the shared memory of the next block.
  for (const Load& load : loads) {
    const Fiber& fiber = machine.fibers[load.issuer];
    if (machine.ended) break;
    add_finding({Kind::missing_wait, &fiber, load.barrier->init_site, "copy"},
                "that reports to this mbarrier is still under way when the block returns");
    break;
  }
  loads.clear();
  stores.clear();
  forget_flights();
}

}  // namespace emu
