// mma.sync of every element type: sums that are exact in any order, and general ones.
#include "stage.h"

namespace oct::probes {
namespace {

enum class Kind { bf16, bf16_k8, f16, tf32 };

// In: a, b, c of each lane, 4 + 2 + 4 words; out: d, 4 words per lane.
template <Kind kKind>
__global__ void product_probe(const uint32_t* in, uint32_t* out) {
  const uint32_t lane = gpu::lane();
  const uint32_t* mine = in + lane * 10;
  const uint32_t a[4] = {mine[0], mine[1], mine[2], mine[3]};
  const uint32_t b[2] = {mine[4], mine[5]};
  float d[4];
  for (int i = 0; i < 4; ++i) d[i] = __uint_as_float(mine[6 + i]);
  if constexpr (kKind == Kind::bf16) gpu::mma_bf16(d, a, b);
  if constexpr (kKind == Kind::f16) gpu::mma_f16(d, a, b);
  if constexpr (kKind == Kind::tf32) gpu::mma_tf32(d, a, b);
  if constexpr (kKind == Kind::bf16_k8) {
    const uint32_t half[2] = {a[0], a[1]};
    gpu::mma_bf16_k8(d, half, b[0]);
  }
  for (int i = 0; i < 4; ++i) out[lane * 4 + static_cast<uint32_t>(i)] = __float_as_uint(d[i]);
}

uint32_t operand(Kind kind, float low, float high) {
  if (kind == Kind::tf32) return bits_of(low);
  if (kind == Kind::f16) return f16_bits(low) | f16_bits(high) << 16;
  return bf16_bits(low) | bf16_bits(high) << 16;
}

// Integers times powers of two: multiples of 2^-4 whose sums stay below 2^15, so every partial sum has at most 19 bits.
Words exact_inputs(Kind kind) {
  Random random(11 + static_cast<uint64_t>(kind));
  const auto value = [&] { return std::ldexp(static_cast<float>(random.integer(-8, 8)), random.integer(-2, 2)); };
  Words words;
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 6; ++i) {
      const float low = value();
      words.push_back(operand(kind, low, value()));
    }
    for (int i = 0; i < 4; ++i) words.push_back(bits_of(static_cast<float>(random.integer(-100, 100))));
  }
  return words;
}

// Values in [-1,1): no term of a sum is above 1.
Words general_inputs(Kind kind) {
  Random random(23 + static_cast<uint64_t>(kind));
  const auto value = [&] {
    const float x = random.uniform(1);
    // 10 bits of fraction: what a tf32 and an f16 hold; away from an f16's subnormal numbers.
    const float cut = std::bit_cast<float>(bits_of(x) & 0xffffe000u);
    return kind == Kind::f16 && std::fabs(cut) < 0x1p-10f ? 0.5f : cut;
  };
  Words words;
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 6; ++i) {
      const float low = value();
      words.push_back(operand(kind, low, value()));
    }
    for (int i = 0; i < 4; ++i) words.push_back(bits_of(random.uniform(1)));
  }
  return words;
}

// tf32 operands with the 13 bits set that the tensor cores do not read.
Words low_bits_inputs() {
  Words words = exact_inputs(Kind::tf32);
  for (size_t i = 0; i < words.size(); ++i) {
    if (i % 10 < 6) words[i] |= 0x1fffu;
  }
  return words;
}

// What the order of accumulation leaves open (PTX: "unspecified"): a tensor core aligns the terms with the largest, which is at most 1,
// and cuts each off at 24 bits or more, so each of k + 1 terms and the result is off by at most 2^-23 of the largest partial sum; that is
// below 4 for these inputs. A machine that rounds each addition in turn is off by half as much.
double open_order(int k) { return (k + 2) * 0x1p-23 * 4; }

template <Kind kKind>
void add(std::vector<Probe>* all, const char* wrapper, int k) {
  const auto run = runner(wrapper, product_probe<kKind>, 32, 128);
  all->push_back({wrapper, "exact", 80, false, Closeness::bits, 0, [] { return exact_inputs(kKind); }, run});
  all->push_back({wrapper, "general", 80, false, Closeness::absolute, open_order(k), [] { return general_inputs(kKind); }, run});
  if constexpr (kKind == Kind::tf32)
    all->push_back({wrapper, "low_bits_are_not_read", 80, false, Closeness::bits, 0, low_bits_inputs, run});
}

}  // namespace

void add_products(std::vector<Probe>* all) {
  add<Kind::bf16>(all, "mma_bf16", 16);
  add<Kind::bf16_k8>(all, "mma_bf16_k8", 8);
  add<Kind::f16>(all, "mma_f16", 16);
  add<Kind::tf32>(all, "mma_tf32", 8);
}

}  // namespace oct::probes
