// TMA: boxes of tensors in every swizzle, inside and across the tensor's edges.
#include <array>

#include "stage.h"

namespace oct::probes {
namespace {

constexpr uint32_t kMostWords = 2048;

// The box goes to shared memory that held kUnwritten; all of it comes out.
template <int Rank>
__global__ void load_probe(const GPU_GRID_CONSTANT gpu::TensorMap map, int32_t c0, int32_t c1, int32_t c2, int32_t c3, int32_t c4,
                           uint32_t box_bytes, uint32_t* out) {
  uint32_t* box = gpu::dynamic_shared<uint32_t>();
  GPU_SHARED(gpu::mbarrier, arrived, [1]);
  for (uint32_t i = threadIdx.x; i < kMostWords; i += 32) box[i] = kUnwritten;
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(arrived, 1);
    gpu::fence_mbarrier_init();
    gpu::prefetch_tensor_map(&map);
  }
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(arrived, box_bytes);
    if constexpr (Rank == 2) gpu::tma_load_2d(box, &map, c0, c1, arrived);
    if constexpr (Rank == 3) gpu::tma_load_3d(box, &map, c0, c1, c2, arrived);
    if constexpr (Rank == 4) gpu::tma_load_4d(box, &map, c0, c1, c2, c3, arrived);
    if constexpr (Rank == 5) gpu::tma_load_5d(box, &map, c0, c1, c2, c3, c4, arrived);
  }
  gpu::mbarrier_wait(arrived, 0);
  for (uint32_t i = threadIdx.x; i < kMostWords; i += 32) out[i] = box[i];
}

// Shared memory holds `in`; the box goes to the tensor.
template <int Rank>
__global__ void store_probe(const GPU_GRID_CONSTANT gpu::TensorMap map, int32_t c0, int32_t c1, int32_t c2, int32_t c3,
                            const uint32_t* in) {
  uint32_t* box = gpu::dynamic_shared<uint32_t>();
  for (uint32_t i = threadIdx.x; i < kMostWords; i += 32) box[i] = in[i];
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    if constexpr (Rank == 2) gpu::tma_store_2d(&map, box, c0, c1);
    if constexpr (Rank == 4) gpu::tma_store_4d(&map, box, c0, c1, c2, c3);
    gpu::bulk_commit();
    gpu::bulk_wait<0>();
  }
}

struct Tensor {
  int rank;
  int element_bytes;
  std::array<uint64_t, 5> extents;
  std::array<uint32_t, 5> box;
  std::array<int32_t, 5> at;
  gpu::Swizzle swizzle;
};

// Dense, dimension 0 padded to a multiple of 16 bytes.
std::array<uint64_t, 4> strides_of(const Tensor& t) {
  std::array<uint64_t, 4> strides{};
  uint64_t bytes = (t.extents[0] * static_cast<uint64_t>(t.element_bytes) + 15) / 16 * 16;
  for (size_t i = 0; i < 4; ++i) {
    strides[i] = bytes;
    bytes *= i + 1 < static_cast<size_t>(t.rank) ? t.extents[i + 1] : 1;
  }
  return strides;
}

size_t words_of(const Tensor& t) {
  const auto last = static_cast<size_t>(t.rank - 1);
  return static_cast<size_t>(strides_of(t)[last - 1] * t.extents[last] / 4);
}

std::string encode(const Tensor& t, const uint32_t* data, gpu::TensorMap* map) {
  const auto strides = strides_of(t);
  return gpu::encode_tensor_map(map, data, t.element_bytes, t.rank, t.extents.data(), strides.data(), t.box.data(), t.swizzle);
}

std::string run_load(const Tensor& t, int ordinal, const Words& in, Words* out) {
  Stage stage(ordinal);
  const uint32_t* tensor = stage.put(in);
  uint32_t* to = stage.blank(kMostWords);
  gpu::TensorMap map;
  if (stage.problem().empty()) stage.keep(encode(t, tensor, &map));
  auto bytes = static_cast<uint32_t>(t.element_bytes);
  for (size_t i = 0; i < static_cast<size_t>(t.rank); ++i) bytes *= t.box[i];
  if (stage.problem().empty()) {
    const auto kernel = t.rank == 2 ? load_probe<2> : t.rank == 3 ? load_probe<3> : t.rank == 4 ? load_probe<4> : load_probe<5>;
    const gpu::LaunchShape shape{dim3(1), dim3(32), kMostWords * 4};
    stage.keep(gpu::launch("tma_load", kernel, shape, stage.stream(), map, t.at[0], t.at[1], t.at[2], t.at[3], t.at[4], bytes, to));
  }
  stage.take(to, kMostWords, out);
  return stage.problem();
}

std::string run_store(const Tensor& t, int ordinal, const Words& in, Words* out) {
  Stage stage(ordinal);
  const size_t words = words_of(t);
  const uint32_t* from = stage.put(in);
  uint32_t* tensor = stage.blank(words);
  gpu::TensorMap map;
  if (stage.problem().empty()) stage.keep(encode(t, tensor, &map));
  if (stage.problem().empty()) {
    const gpu::LaunchShape shape{dim3(1), dim3(32), kMostWords * 4};
    stage.keep(gpu::launch("tma_store", t.rank == 2 ? store_probe<2> : store_probe<4>, shape, stage.stream(), map, t.at[0], t.at[1],
                           t.at[2], t.at[3], from));
  }
  stage.take(tensor, words, out);
  return stage.problem();
}

void load(std::vector<Probe>* all, const char* name, const Tensor& t) {
  // Bytes that are not special numbers: TMA copies F32 as bits, and this probe does not ask about special values.
  all->push_back({"tma_load", name, 90, false, Closeness::bits, 0, [t] { return random_words(words_of(t), 51); },
                  [t](int ordinal, const Words& in, Words* out) { return run_load(t, ordinal, in, out); }});
}

void store(std::vector<Probe>* all, const char* name, const Tensor& t) {
  all->push_back({"tma_store", name, 90, false, Closeness::bits, 0, [] { return random_words(kMostWords, 52); },
                  [t](int ordinal, const Words& in, Words* out) { return run_store(t, ordinal, in, out); }});
}

}  // namespace

void add_tensors(std::vector<Probe>* all) {
  using enum gpu::Swizzle;
  load(all, "2d", {2, 2, {72, 11}, {24, 8}, {8, 2}, none});
  load(all, "2d_swizzle_32", {2, 2, {72, 19}, {16, 16}, {16, 1}, bytes32});
  load(all, "2d_swizzle_64", {2, 2, {72, 19}, {32, 16}, {24, 1}, bytes64});
  load(all, "2d_swizzle_128", {2, 2, {72, 19}, {64, 16}, {8, 1}, bytes128});
  load(all, "2d_swizzle_128_narrow_box", {2, 2, {72, 19}, {32, 16}, {8, 1}, bytes128});
  load(all, "2d_before_the_edges", {2, 2, {72, 11}, {64, 8}, {-8, -3}, bytes128});
  load(all, "2d_beyond_the_edges", {2, 2, {72, 11}, {64, 8}, {40, 7}, bytes128});
  load(all, "2d_odd_start", {2, 2, {72, 11}, {64, 8}, {-5, -3}, bytes128});
  load(all, "2d_odd_extent", {2, 2, {69, 11}, {64, 8}, {32, 2}, bytes128});
  load(all, "2d_outside", {2, 2, {72, 11}, {32, 4}, {80, 20}, bytes64});
  load(all, "2d_part_of_a_chunk", {2, 2, {70, 11}, {64, 8}, {32, 2}, bytes128});
  load(all, "2d_f32", {2, 4, {36, 11}, {32, 8}, {-1, 5}, bytes128});
  load(all, "3d", {3, 2, {40, 5, 4}, {32, 3, 2}, {16, -1, 3}, bytes64});
  load(all, "4d", {4, 2, {32, 6, 5, 3}, {32, 4, 3, 2}, {0, -1, 3, 0}, bytes64});
  load(all, "5d", {5, 2, {16, 4, 4, 3, 3}, {16, 3, 3, 2, 2}, {0, 2, -1, 2, 1}, bytes32});
  store(all, "2d", {2, 2, {72, 11}, {64, 8}, {8, 2}, none});
  store(all, "2d_swizzle_128", {2, 2, {72, 19}, {64, 16}, {0, 1}, bytes128});
  store(all, "2d_across_the_edges", {2, 2, {72, 11}, {64, 8}, {40, 7}, bytes128});
  store(all, "2d_before_the_edges", {2, 2, {72, 11}, {32, 8}, {-8, -2}, bytes64});
  store(all, "4d_across_the_edges", {4, 2, {32, 6, 5, 3}, {32, 4, 3, 2}, {0, -1, 3, 2}, bytes64});
}

}  // namespace oct::probes
