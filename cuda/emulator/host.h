// The emulated device as its host sees it: memory, launches, options and what the checker found. Safe from several threads: a mutex lets
// one of them in at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "builtins.h"

namespace emu {

// Which of the threads that could run does: the first to become ready, the last, any, or the one of the highest priority, priorities
// being drawn at the launch, so that some threads starve until the others wait.
enum class Order { forward, reverse, random, priority };
// When an asynchronous copy lands: when a thread waits for it, at once, or in between.
enum class Landing { late, early, random };

struct Options {
  Order order = Order::random;        // OCTOTHORPE_EMULATOR_ORDER=forward|reverse|random|priority
  Landing landing = Landing::random;  // OCTOTHORPE_EMULATOR_ASYNC=late|early|random
  uint64_t seed = 1;                  // OCTOTHORPE_EMULATOR_SEED
  double preempt = 0;                 // OCTOTHORPE_EMULATOR_PREEMPT: chance in [0,1] to let others run at a checked access
  bool check = true;                  // OCTOTHORPE_EMULATOR_CHECK=off: no findings of memory accesses, half the time
  bool fail_on_findings = true;       // a launch that left findings returns the first as its failure
  double seconds = 600;               // a launch that runs longer is ended as a runaway; OCTOTHORPE_EMULATOR_SECONDS
};

enum class Kind {
  out_of_bounds,
  use_after_free,
  uninitialized_read,
  misaligned,
  race,
  missing_wait,
  missing_proxy_fence,
  divergent_barrier,
  divergent_warp,
  warp_mask,
  barrier_misuse,
  mbarrier_misuse,
  mbarrier_bytes,
  cluster_misuse,
  deadlock,
  runaway,
  wrong_space,
  host_memory,
  device_memory_on_host,
  bad_free,
  bad_copy,
  tensor_map,
  descriptor,
  unsupported,
};
const char* name_of(Kind kind);

// One side of a finding: who did what where. `file` is "" and `line` 0 where it is not known (the text then says why).
struct Access {
  std::string file;
  int line = 0;
  dim3 block{0, 0, 0};
  dim3 thread{0, 0, 0};
  std::string what;  // "write of 4 bytes"
};

struct Finding {
  Kind kind;
  std::string kernel;  // "" outside of launches
  Access here;
  bool has_other = false;
  Access other;  // the access that `here` conflicts with
  std::string text;
  uint64_t count = 1;
  std::string to_string() const;
};

struct Counters {
  uint64_t launches = 0, blocks = 0, threads = 0, switches = 0, collectives = 0, barriers = 0, products = 0, accesses = 0;
  uint64_t ldmatrix_phases = 0, ldmatrix_wavefronts = 0;  // bank conflicts are the difference
  uint64_t shared_bytes = 0;                              // most of a block
};

struct Report {
  std::vector<Finding> findings;
  Counters counters;
  std::string to_string() const;
};

struct Stream {
  int ordinal = 0;
};

// Launches and copies are done when they return, so a stream only has a name.
EMU_CALL Stream* stream_create();
EMU_CALL void stream_destroy(Stream* stream);

EMU_CALL Options& options();  // the environment's, until changed; not while a launch runs
EMU_CALL Report report();     // since the last reset
EMU_CALL void reset();
EMU_CALL bool instrumented();  // whether kernels were compiled with -fsanitize=thread; false until one ran

// Memory between redzones, poisoned with 0xff. Null: the arena is full.
EMU_CALL void* allocate(size_t bytes);
EMU_CALL std::string free(void* data);
EMU_CALL std::string copy_in(void* device, const void* host, size_t bytes);
EMU_CALL std::string copy_out(void* host, const void* device, size_t bytes);  // not initialized: poison comes out, no finding
EMU_CALL std::string copy_within(void* to, const void* from, size_t bytes);
EMU_CALL std::string set(void* device, int value, size_t bytes);
EMU_CALL size_t allocated_bytes();

// A map of a tensor for TMA, as cuTensorMapEncodeTiled's rules have it; 128 bytes at `map`. "" or what is wrong. swizzle: 0, 1, 2, 3 for
// none, 32, 64, 128 bytes.
EMU_CALL std::string encode_tensor_map(void* map, const void* data, int element_bytes, int rank, const uint64_t* extents,
                                       const uint64_t* strides, const uint32_t* box, uint32_t swizzle);

struct LaunchRequest {
  const char* name;
  dim3 grid;
  dim3 block;
  unsigned cluster;
  size_t dynamic_shared_bytes;
  void (*run)(void*);
  void* arguments;
  size_t argument_bytes;
};
EMU_CALL std::string run_launch(const LaunchRequest& request);

// A kernel and its arguments by value.
template <class... Parameters>
struct KernelCall {
  void (*kernel)(Parameters...);
  std::tuple<std::decay_t<Parameters>...> arguments;
};

// Runs the kernel to its end. "" or why it was refused, ended or (fail_on_findings) what was found.
template <class... Parameters>
std::string launch(Stream*, const char* name, dim3 grid, dim3 block, unsigned cluster, size_t dynamic_shared_bytes,
                   KernelCall<Parameters...>& call) {
  return run_launch({name, grid, block, cluster, dynamic_shared_bytes,
                     [](void* data) {
                       auto* self = static_cast<KernelCall<Parameters...>*>(data);
                       std::apply(self->kernel, self->arguments);
                     },
                     &call, sizeof call});
}

}  // namespace emu
