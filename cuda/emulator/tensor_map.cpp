// TMA: boxes of tensors, cut into contiguous pieces for the copy engine.
#include <algorithm>
#include <cstring>

#include "allocations.h"
#include "async.h"
#include "findings.h"
#include "instructions.h"
#include "memory.h"
#include "scheduler.h"
#include "swizzle.h"

namespace emu {
namespace {

constexpr uint32_t map_mark = 0x4f435454;

struct Map {
  char* data;
  uint64_t extents[5];
  uint64_t strides[4];  // bytes; of dimension i + 1
  uint16_t box[5];
  uint8_t element_bytes;
  uint8_t rank;
  uint32_t swizzle;
  uint32_t mark;
};
static_assert(sizeof(Map) <= 128, "a tensor map has 128 bytes");

// Walks the box's rows; for each piece of a row that lies inside the tensor, or outside of it, as a whole. In 16-byte chunks where a
// swizzle moves them.
class Box {
 public:
  Box(const Map& map, const int32_t* at, char* shared) : map_(map), at_(at), shared_(shared) {}

  template <class Inside, class Outside>
  void walk(Inside inside, Outside outside) const {
    const uint64_t row_bytes = static_cast<uint64_t>(map_.box[0]) * map_.element_bytes;
    uint64_t rows = 1;
    for (int i = 1; i < map_.rank; ++i) rows *= map_.box[i];
    const auto element = static_cast<int64_t>(map_.element_bytes);
    // Byte range of the row that exists.
    const int64_t first = static_cast<int64_t>(at_[0]) * element;
    const int64_t extent = static_cast<int64_t>(map_.extents[0]) * element;
    const int64_t from = std::clamp<int64_t>(-first, 0, static_cast<int64_t>(row_bytes));
    const int64_t to = std::clamp<int64_t>(extent - first, from, static_cast<int64_t>(row_bytes));
    for (uint64_t row = 0; row < rows; ++row) {
      bool exists = true;
      int64_t offset = first;
      uint64_t rest = row;
      for (int i = 1; i < map_.rank; ++i) {
        const int64_t coordinate = at_[i] + static_cast<int64_t>(rest % map_.box[i]);
        rest /= map_.box[i];
        exists &= coordinate >= 0 && coordinate < static_cast<int64_t>(map_.extents[i]);
        offset += coordinate * static_cast<int64_t>(map_.strides[i - 1]);
      }
      const uint64_t place = row * row_bytes;
      const auto begin = static_cast<uint64_t>(exists ? from : 0);
      const auto end = static_cast<uint64_t>(exists ? to : 0);
      cut(place, 0, begin, [&](char* shared, uint64_t, uint64_t bytes) { outside(shared, bytes); });
      cut(place, begin, end,
          [&](char* shared, uint64_t in_row, uint64_t bytes) { inside(shared, map_.data + offset + static_cast<int64_t>(in_row), bytes); });
      cut(place, end, row_bytes, [&](char* shared, uint64_t, uint64_t bytes) { outside(shared, bytes); });
    }
  }

 private:
  template <class Function>
  void cut(uint64_t place, uint64_t begin, uint64_t end, Function function) const {
    while (begin < end) {
      const uint64_t next = map_.swizzle ? std::min(end, (begin / 16 + 1) * 16) : end;
      char* shared = shared_ + place + begin;
      if (map_.swizzle) shared = swizzled(shared, map_.swizzle);
      function(shared, begin, next - begin);
      begin = next;
    }
  }

  const Map& map_;
  const int32_t* at_;
  char* shared_;
};

const Map* checked_map(const void* pointer, int rank, const void* shared, Site site, const char* what) {
  const auto* map = static_cast<const Map*>(pointer);
  std::string why;
  if (map->mark != map_mark) {
    why = "with a tensor map that was not encoded";
  } else if (map->rank != rank) {
    why = "with " + std::to_string(rank) + " coordinates for a tensor map of rank " + std::to_string(map->rank);
  } else if (!is_shared(shared)) {
    why = "with an address that is not shared memory";
  } else if (reinterpret_cast<uintptr_t>(shared) % 128) {
    if (!found_before(Kind::misaligned, site)) {
      add_finding({Kind::misaligned, current, site, what}, "of a box that is not 128-byte aligned, " + whereabouts(shared));
    }
    return nullptr;
  } else {
    return map;
  }
  if (!found_before(Kind::tensor_map, site)) add_finding({Kind::tensor_map, current, site, what}, why);
  return nullptr;
}

}  // namespace

void tma_load(void* shared, const void* pointer, int rank, const int32_t* at, uint64_t* barrier, const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  const Map* map = checked_map(pointer, rank, shared, site, "tma_load");
  if (map == nullptr) return;
  std::vector<Piece> pieces;
  Box(*map, at, static_cast<char*>(shared))
      .walk(
          [&](char* to, char* from, uint64_t bytes) {
            pieces.push_back({to, from, bytes});
          },
          [&](char* to, uint64_t bytes) {
            pieces.push_back({to, nullptr, bytes});
          });
  check_pieces(fiber, pieces, site);
  uint32_t bytes = map->element_bytes;
  for (int i = 0; i < rank; ++i) bytes *= map->box[i];
  begin_load(fiber, std::move(pieces), bytes, barrier, site, "tma_load");
}

void tma_store(const void* pointer, const void* shared, int rank, const int32_t* at, const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  const Map* map = checked_map(pointer, rank, shared, site, "tma_store");
  if (map == nullptr) return;
  std::vector<Piece> pieces;
  Box(*map, at, const_cast<char*>(static_cast<const char*>(shared)))
      .walk(
          [&](char* from, char* to, uint64_t bytes) {
            pieces.push_back({to, from, bytes});
          },
          [](char*, uint64_t) {});
  check_pieces(fiber, pieces, site);
  begin_store(fiber, std::move(pieces), site, "tma_store");
}

std::string encode_tensor_map(void* target, const void* data, int element_bytes, int rank, const uint64_t* extents, const uint64_t* strides,
                              const uint32_t* box, uint32_t swizzle) {
  const WithinEmulator within;
  const auto number = [](uint64_t value) { return std::to_string(value); };
  if (reinterpret_cast<uintptr_t>(target) % 64) return "tensor map: its own address must be a multiple of 64";
  if (!is_global(data)) return "tensor map: the data is not memory of the emulated device";
  if (reinterpret_cast<uintptr_t>(data) % 16) return "tensor map: the data's address must be a multiple of 16";
  if (element_bytes != 1 && element_bytes != 2 && element_bytes != 4 && element_bytes != 8)
    return "tensor map: elements have 1, 2, 4 or 8 bytes";
  if (rank < 1 || rank > 5) return "tensor map: rank is " + std::to_string(rank) + ", but must be in [1,5]";
  if (swizzle > 3) return "tensor map: swizzle is " + number(swizzle) + ", but must be in [0,3]";
  Map map{};
  map.data = const_cast<char*>(static_cast<const char*>(data));
  for (int i = 0; i < rank; ++i) {
    const std::string name = "tensor map: dimension " + std::to_string(i) + ": ";
    if (extents[i] < 1 || extents[i] > uint64_t{1} << 32) return name + "the extent is " + number(extents[i]) + ", but must be in [1,2^32]";
    if (box[i] < 1 || box[i] > 256) return name + "the box is " + number(box[i]) + ", but must be in [1,256]";
    if (i > 0 && (strides[i - 1] % 16 != 0 || strides[i - 1] >= uint64_t{1} << 40)) {
      return name + "the stride is " + number(strides[i - 1]) + " bytes, but must be a multiple of 16 below 2^40";
    }
    map.extents[i] = extents[i];
    map.box[i] = static_cast<uint16_t>(box[i]);
    if (i > 0) map.strides[i - 1] = strides[i - 1];
  }
  const uint64_t row = static_cast<uint64_t>(box[0]) * static_cast<uint64_t>(element_bytes);
  if (row % 16) return "tensor map: a row of the box has " + number(row) + " bytes, but must have a multiple of 16";
  if (swizzle && row > uint64_t{16} << swizzle) {
    return "tensor map: a row of the box has " + number(row) + " bytes, more than the swizzle's " + number(uint64_t{16} << swizzle);
  }
  map.element_bytes = static_cast<uint8_t>(element_bytes);
  map.rank = static_cast<uint8_t>(rank);
  map.swizzle = swizzle;
  map.mark = map_mark;
  std::memset(target, 0, 128);
  std::memcpy(target, &map, sizeof map);
  return "";
}

}  // namespace emu
