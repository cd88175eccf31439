// The host's side: memory, streams and launches, of a GPU or of the emulator. Results are "" or a text that says what failed.
#pragma once
#include <string>
#include <utility>

#include "platform.h"
#include "tensor_map.h"

namespace gpu {

#if GPU_EMULATED
using Stream = emu::Stream*;
using Event = double*;  // the host's clock, in milliseconds: launches are done when they return
#else
using Stream = cudaStream_t;
using Event = cudaEvent_t;
#endif

// Limits of one device that launchers and registries decide by.
struct Limits {
  int compute_capability = 0;  // 80, 90, 100, 120; the emulator is 90 with everything that kernels here use
  int multiprocessors = 0;
  size_t shared_bytes = 0;  // most dynamic shared memory of a block
  size_t l2_bytes = 0;
  int max_cluster = 1;  // most blocks of a cluster; 1 before sm_90
  bool wgmma = false;   // sm_90a's warp-group products
  char name[256] = "";
};

std::string use_device(int ordinal);   // makes it the calling thread's
std::string device_count(int* count);  // why there is none, where there is none
std::string limits_of(int ordinal, Limits* limits);
std::string stream_create(int ordinal, Stream* stream);
std::string stream_destroy(int ordinal, Stream stream);
std::string stream_synchronize(Stream stream);  // asynchronous faults surface here
std::string allocate(int ordinal, size_t bytes, void** data);
std::string free(int ordinal, void* data);
std::string copy_in(Stream stream, void* device, const void* host, size_t bytes);   // returns when the host's memory may be reused
std::string copy_out(Stream stream, void* host, const void* device, size_t bytes);  // waits
std::string zero(Stream stream, void* device, size_t bytes);

// A place in a stream, for clocks.
std::string event_create(int ordinal, Event* event);
std::string event_destroy(int ordinal, Event event);
std::string event_record(Event event, Stream stream);
std::string event_elapsed(Event begin, Event end, float* milliseconds);  // waits for `end`

// Encodes a map of a tensor of 2-byte or 4-byte elements in global memory. Dimension 0 is contiguous; strides[i] are the bytes between
// neighbours of dimension i + 1, multiples of 16; box[i] <= 256; swizzled boxes have a first dimension of at most the swizzle's bytes.
std::string encode_tensor_map(TensorMap* map, const void* data, int element_bytes, int rank, const uint64_t* extents,
                              const uint64_t* strides, const uint32_t* box, Swizzle swizzle);

// Where and how wide a kernel runs.
struct LaunchShape {
  dim3 grid;
  dim3 block;
  size_t shared_bytes = 0;  // dynamic shared memory of a block
  unsigned cluster = 1;     // blocks of a cluster along x; divides grid.x
};

#if !GPU_EMULATED
std::string launch_failure(const char* name, const LaunchShape& shape, cudaError_t error);
std::string prepare_launch(const char* name, const void* kernel, const LaunchShape& shape);  // attributes
#endif

// Enqueues a kernel. `name` is what findings and errors call it. On the emulator the kernel has run, and was checked, on return.
template <class... Parameters, class... Arguments>
std::string launch(const char* name, void (*kernel)(Parameters...), const LaunchShape& shape, Stream stream, Arguments... arguments) {
#if GPU_EMULATED
  return emu::launch(stream, name, kernel, shape.grid, shape.block, shape.cluster, shape.shared_bytes,
                     static_cast<Parameters>(arguments)...);
#else
  std::string problem = prepare_launch(name, reinterpret_cast<const void*>(kernel), shape);
  if (!problem.empty()) return problem;
  cudaLaunchConfig_t configuration{};
  configuration.gridDim = shape.grid;
  configuration.blockDim = shape.block;
  configuration.dynamicSmemBytes = shape.shared_bytes;
  configuration.stream = stream;
  cudaLaunchAttribute attribute{};
  if (shape.cluster > 1) {
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = shape.cluster;
    attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
    configuration.attrs = &attribute;
    configuration.numAttrs = 1;
  }
  return launch_failure(name, shape, cudaLaunchKernelEx(&configuration, kernel, static_cast<Parameters>(arguments)...));
#endif
}

}  // namespace gpu
