// Conversions and functions of one number.
#include "stage.h"

namespace oct::probes {
namespace {

enum class Function {
  to_tf32,
  to_bf16,
  to_f16,
  from_f16,
  halves_of_bf16,
  pack_bf16,
  pack_f16,
  exp,
  log,
  rsqrt,
  fused_multiply_add,
  to_int
};

__device__ uint32_t as_bits(float x) { return __float_as_uint(x); }

// A word in, a word out; 128 threads.
template <Function kFunction>
__global__ void function_probe(const uint32_t* in, uint32_t* out, uint32_t count) {
  for (uint32_t i = threadIdx.x; i < count; i += 128) {
    const uint32_t word = in[i];
    const float x = __uint_as_float(word);
    uint32_t y = 0;
    if constexpr (kFunction == Function::to_tf32) y = gpu::to_tf32(x);
    if constexpr (kFunction == Function::to_bf16) y = as_bits(gpu::to_float(gpu::from_float<gpu::bf16>(x)));
    if constexpr (kFunction == Function::to_f16) y = as_bits(gpu::to_float(gpu::from_float<gpu::f16>(x)));
    if constexpr (kFunction == Function::from_f16) y = as_bits(gpu::to_float(*reinterpret_cast<const gpu::f16*>(in + i)));
    if constexpr (kFunction == Function::halves_of_bf16) y = as_bits(gpu::low_bf16(word)) ^ as_bits(gpu::high_bf16(word)) >> 16;
    if constexpr (kFunction == Function::pack_bf16) y = gpu::pack_bf16(x, -x);
    if constexpr (kFunction == Function::pack_f16) y = gpu::pack_f16(x, -x);
    if constexpr (kFunction == Function::exp) y = as_bits(gpu::fast_exp(x));
    if constexpr (kFunction == Function::log) y = as_bits(gpu::fast_log(x));
    if constexpr (kFunction == Function::rsqrt) y = as_bits(rsqrtf(x));
    if constexpr (kFunction == Function::fused_multiply_add) y = as_bits(fmaf(x, 1.000001f, x));
    if constexpr (kFunction == Function::to_int) y = static_cast<uint32_t>(__float2int_rn(x));
    out[i] = y;
  }
}

// Edges of every format: zeros, subnormal and largest numbers, ties of each rounding, infinities, NaN.
const uint32_t kEdges[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000,  // zeros, subnormal, least, one
    0x3f808000, 0x3f818000, 0x3f807fff, 0x3f808001, 0x3f801000, 0x3f803000, 0x3f800fff, 0x3f801001,  // ties of bf16, tf32 and f16
    0x7f7fffff, 0xff7fffff, 0x7f7f7fff, 0x7f7f8000, 0x477fe000, 0x477fefff, 0x477ff000, 0x47800000,  // largest of f32, bf16, f16
    0x33000000, 0x33000001, 0x33800000, 0x38800000, 0x387fc000, 0x387fe000, 0x38000000, 0x35a00000,  // least of f16
    0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc00001, 0x3effffff, 0x3f000000, 0xbf000000,  // infinities, NaN, halves
};

Words edges() {
  Words words(std::begin(kEdges), std::end(kEdges));
  for (const uint32_t word : random_words(216, 71)) words.push_back(word);
  return words;
}

// No NaN: no payload of a NaN is promised where the result is not a float.
Words numbers() {
  Words words = edges();
  for (uint32_t& word : words) {
    if ((word & 0x7fffffffu) > 0x7f800000u) word &= 0xbfffffffu;
  }
  return words;
}

Words halves() {
  Words words;
  for (uint32_t i = 0; i < 256; ++i) words.push_back(i * 0x00ff0101u % 0x7c00u | (i & 1) << 15);
  words.push_back(0x7c00);
  words.push_back(0xfc00);
  return words;
}

Words uniform(float low, float high, uint64_t seed) {
  Random random(seed);
  Words words;
  for (int i = 0; i < 256; ++i) words.push_back(bits_of(low + (high - low) * (random.uniform(0.5f) + 0.5f)));
  return words;
}

template <Function kFunction>
void add(std::vector<Probe>* all, const char* wrapper, const char* name, Closeness closeness, double bound, std::function<Words()> inputs) {
  all->push_back({wrapper, name, 80, false, closeness, bound, std::move(inputs), [wrapper](int ordinal, const Words& in, Words* out) {
                    Stage stage(ordinal);
                    const uint32_t* from = stage.put(in);
                    uint32_t* to = stage.blank(in.size());
                    if (stage.problem().empty()) {
                      stage.keep(gpu::launch(wrapper, function_probe<kFunction>, {dim3(1), dim3(128)}, stage.stream(), from, to,
                                             static_cast<uint32_t>(in.size())));
                    }
                    stage.take(to, in.size(), out);
                    return stage.problem();
                  }});
}

}  // namespace

// Bounds of the approximations are the CUDA programming guide's ("Intrinsic Functions"), and 1 for the other machine's rounding:
// __expf 2 + |1.173 x| ulps; __logf 2^-21.41 within [0.5,2], else 3 ulps; rsqrtf 2 ulps.
void add_numbers(std::vector<Probe>* all) {
  add<Function::to_tf32>(all, "conversions", "to_tf32", Closeness::ulps, 0, numbers);
  add<Function::to_bf16>(all, "conversions", "to_bf16", Closeness::ulps, 0, edges);
  add<Function::to_f16>(all, "conversions", "to_f16", Closeness::ulps, 0, edges);
  add<Function::from_f16>(all, "conversions", "from_f16", Closeness::ulps, 0, halves);
  add<Function::halves_of_bf16>(all, "conversions", "halves_of_bf16", Closeness::bits, 0, edges);
  add<Function::pack_bf16>(all, "conversions", "pack_bf16", Closeness::bits, 0, numbers);
  add<Function::pack_f16>(all, "conversions", "pack_f16", Closeness::bits, 0, numbers);
  add<Function::to_int>(all, "conversions", "to_int", Closeness::bits, 0, edges);
  add<Function::fused_multiply_add>(all, "functions", "fmaf", Closeness::ulps, 0, edges);
  add<Function::exp>(all, "functions", "fast_exp_near_zero", Closeness::ulps, 4, [] { return uniform(-1, 1, 72); });
  add<Function::exp>(all, "functions", "fast_exp_to_16", Closeness::ulps, 3 + 18, [] { return uniform(-16, 16, 73); });
  add<Function::exp>(all, "functions", "fast_exp_to_80", Closeness::ulps, 3 + 93, [] { return uniform(-80, 80, 74); });
  add<Function::exp>(all, "functions", "fast_exp_of_infinity", Closeness::bits, 0, [] {
    return Words{0xff800000u, 0x7f800000u, 0x00000000u, 0xc3480000u};
  });  // -200 underflows
  add<Function::log>(all, "functions", "fast_log_near_one", Closeness::absolute, 0x1p-21, [] { return uniform(0.5f, 2, 75); });
  add<Function::log>(all, "functions", "fast_log_above", Closeness::ulps, 4, [] { return uniform(2, 1e6f, 76); });
  add<Function::rsqrt>(all, "functions", "rsqrtf", Closeness::ulps, 3, [] { return uniform(1e-6f, 1e3f, 77); });
}

}  // namespace oct::probes
