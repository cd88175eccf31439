// Probes: kernels that run one wrapper of cuda/include/gpu on given bits, so that a GPU and the emulator can be compared bit for bit; and
// the clock of the benchmarks. A probe library (libocto_probes_cuda.so, libocto_probes_emulated.so) is only for bench/cuda.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "octothorpe/context.h"

namespace oct::probes {

using Words = std::vector<uint32_t>;

/// How near the outputs of two machines must be.
enum class Closeness : int32_t {
  bits,     ///< the same bits
  ulps,     ///< floats: at most `bound` representable numbers apart; NaN equals NaN
  absolute  ///< floats: at most `bound` apart; NaN equals NaN
};

/// One case of one wrapper. Results are "" or a text that says what failed.
struct Probe {
  std::string wrapper;  ///< "mma_bf16": the file of its vectors
  std::string name;     ///< "exact": unique within the wrapper
  int capability;       ///< the least compute capability, 80 or 90
  bool wgmma;           ///< only sm_90a
  Closeness closeness;
  double bound;
  std::function<Words()> inputs;
  std::function<std::string(int ordinal, const Words& in, Words* out)> run;
};

struct Machine {
  char name[256];
  int compute_capability;
  int multiprocessors;
  size_t l2_bytes;
  bool wgmma;
  int driver;   ///< CUDA version of the driver, 13000 for 13.0; 0 on the emulator
  int runtime;  ///< CUDA version of the runtime; 0 on the emulator
};

struct Library {
  const char* device;  ///< "cuda" or "emulated"
  std::string (*describe)(int ordinal, Machine* machine);
  const std::vector<Probe>& (*probes)();

  // A clock on a context's stream; on the emulator the host's.
  std::string (*event_create)(int ordinal, void** event);
  std::string (*event_destroy)(int ordinal, void* event);
  std::string (*event_record)(oct_context* context, void* event);
  std::string (*event_elapsed)(void* begin, void* end, float* milliseconds);  ///< waits for `end`

  // Kernels on a context's stream and memory; not on the emulator, whose memory is known only to the device's library.
  /// Values in [-scale, scale), a function of seed and place.
  std::string (*fill)(oct_context* context, oct_dtype dtype, void* data, int64_t count, uint32_t seed, float scale);
  std::string (*copy)(oct_context* context, void* to, const void* from, size_t bytes);
  /// Keeps the stream busy for about that time, while the host gets ahead.
  std::string (*delay)(oct_context* context, int microseconds);
};

}  // namespace oct::probes

extern "C" {
OCT_API const oct::probes::Library* octo_probes_cuda();
OCT_API const oct::probes::Library* octo_probes_emulated();
}
