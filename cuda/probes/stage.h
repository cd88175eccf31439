// What the probes share: memory for words in and words out, a launch between, and inputs.
#pragma once
#include <bit>
#include <cmath>

#include "gpu/gpu.h"
#include "probe.h"

namespace oct::probes {

constexpr uint32_t kUnwritten = 0xa5a5a5a5u;  // outputs before the kernel ran

// A device's stream with an array of words in and one out; freed with it.
class Stage {
 public:
  explicit Stage(int ordinal) : ordinal_(ordinal) { keep(gpu::stream_create(ordinal, &stream_)); }
  ~Stage() {
    for (void* memory : memory_) gpu::free(ordinal_, memory);
    if (stream_ != nullptr) gpu::stream_destroy(ordinal_, stream_);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  gpu::Stream stream() const { return stream_; }
  const std::string& problem() const { return problem_; }
  void keep(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

  uint32_t* put(const Words& words) {
    void* memory = nullptr;
    if (problem_.empty()) keep(gpu::allocate(ordinal_, words.size() * 4, &memory));
    if (!problem_.empty()) return nullptr;
    memory_.push_back(memory);
    keep(gpu::copy_in(stream_, memory, words.data(), words.size() * 4));
    return static_cast<uint32_t*>(memory);
  }
  uint32_t* blank(size_t words) { return put(Words(words, kUnwritten)); }
  void take(const uint32_t* memory, size_t words, Words* out) {
    out->assign(words, 0);
    if (problem_.empty()) keep(gpu::copy_out(stream_, out->data(), memory, words * 4));
  }

 private:
  int ordinal_;
  gpu::Stream stream_{};
  std::vector<void*> memory_;
  std::string problem_;
};

// A probe of one block whose kernel takes words in and words out.
using WordsKernel = void (*)(const uint32_t* in, uint32_t* out);
inline std::function<std::string(int, const Words&, Words*)> runner(const char* name, WordsKernel kernel, unsigned threads,
                                                                    size_t out_words, unsigned blocks = 1, unsigned cluster = 1) {
  return [=](int ordinal, const Words& in, Words* out) {
    Stage stage(ordinal);
    const uint32_t* from = stage.put(in);
    uint32_t* to = stage.blank(out_words);
    if (stage.problem().empty()) {
      gpu::LaunchShape shape{dim3(blocks), dim3(threads)};
      shape.cluster = cluster;
      stage.keep(gpu::launch(name, kernel, shape, stage.stream(), from, to));
    }
    stage.take(to, out_words, out);
    return stage.problem();
  };
}

// A small generator whose numbers are the same everywhere (the standard's distributions are not).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
  uint32_t bits() {
    state_ += 0x9e3779b97f4a7c15ull;
    uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return static_cast<uint32_t>((z ^ z >> 31) >> 32);
  }
  int integer(int low, int high) { return low + static_cast<int>(bits() % static_cast<uint32_t>(high - low + 1)); }
  float uniform(float scale) { return (static_cast<float>(bits() >> 8) * 0x1p-23f - 1) * scale; }

 private:
  uint64_t state_;
};

inline uint32_t bits_of(float x) { return std::bit_cast<uint32_t>(x); }
inline uint32_t bf16_bits(float x) {  // of finite x, to nearest even
  const uint32_t bits = bits_of(x);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
// Of values that an f16 holds exactly, of its normal range, and of 0.
inline uint32_t f16_bits(float x) {
  const uint32_t bits = bits_of(x);
  const uint32_t sign = bits >> 16 & 0x8000u;
  if ((bits & 0x7fffffffu) == 0) return sign;
  return sign | ((bits >> 23 & 0xff) - 112) << 10 | (bits >> 13 & 0x3ff);
}

inline Words random_words(size_t count, uint64_t seed) {
  Random random(seed);
  Words words(count);
  for (uint32_t& word : words) word = random.bits();
  return words;
}

// Each file's probes; library.cu collects them.
void add_products(std::vector<Probe>* all);
void add_matrices(std::vector<Probe>* all);
void add_copies(std::vector<Probe>* all);
void add_tensors(std::vector<Probe>* all);
void add_warp_groups(std::vector<Probe>* all);
void add_numbers(std::vector<Probe>* all);
void add_threads(std::vector<Probe>* all);

// timing.cu
std::string fill(oct_context* context, oct_dtype dtype, void* data, int64_t count, uint32_t seed, float scale);
std::string copy(oct_context* context, void* to, const void* from, size_t bytes);
std::string delay(oct_context* context, int microseconds);

}  // namespace oct::probes
