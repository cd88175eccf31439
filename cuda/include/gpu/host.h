// The host's side: memory, streams and launches, of a GPU or of the emulator. Results are "" or a text that says what failed.
#pragma once
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
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
// neighbors of dimension i + 1, multiples of 16; box[i] <= 256; swizzled boxes have a first dimension of at most the swizzle's bytes.
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

// A launch that can be enqueued any number of times. Everything that can be done beforehand has been done.
class Launch {
 public:
  Launch() = default;
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;
  virtual ~Launch() = default;
  // Allocates nothing unless it fails. On the emulator the kernel has run, and was checked, on return.
  virtual std::string enqueue(Stream stream) = 0;
};

// A kernel with its arguments by value. `name` is what findings and errors call it; it is not copied.
template <class... Parameters>
class KernelLaunch final : public Launch {
 public:
#if GPU_EMULATED
  template <class... Arguments>
  KernelLaunch(const char* name, void (*kernel)(Parameters...), const LaunchShape& shape, Arguments... arguments)
      : name_(name), shape_(shape), call_{kernel, {
                                            static_cast<Parameters>(arguments)...
                                          }} {}

  std::string prepare() { return ""; }
  std::string enqueue(Stream stream) override {
    return emu::launch(stream, name_, shape_.grid, shape_.block, shape_.cluster, shape_.shared_bytes, call_);
  }

 private:
  const char* name_;
  LaunchShape shape_;
  emu::KernelCall<Parameters...> call_;
#else
  template <class... Arguments>
  KernelLaunch(const char* name, void (*kernel)(Parameters...), const LaunchShape& shape, Arguments... arguments)
      : name_(name), kernel_(reinterpret_cast<const void*>(kernel)), shape_(shape), arguments_(static_cast<Parameters>(arguments)...) {
    void** address = addresses_;
    std::apply([&address](auto&... argument) { ((*address++ = &argument), ...); }, arguments_);
    configuration_.gridDim = shape.grid;
    configuration_.blockDim = shape.block;
    configuration_.dynamicSmemBytes = shape.shared_bytes;
    if (shape.cluster > 1) {
      attribute_.id = cudaLaunchAttributeClusterDimension;
      attribute_.val.clusterDim.x = shape.cluster;
      attribute_.val.clusterDim.y = attribute_.val.clusterDim.z = 1;
      configuration_.attrs = &attribute_;
      configuration_.numAttrs = 1;
    }
  }

  // Sets the kernel's attributes on the calling thread's device.
  std::string prepare() { return prepare_launch(name_, kernel_, shape_); }
  std::string enqueue(Stream stream) override {
    configuration_.stream = stream;
    return launch_failure(name_, shape_, cudaLaunchKernelExC(&configuration_, kernel_, addresses_));
  }

 private:
  const char* name_;
  const void* kernel_;
  LaunchShape shape_;
  std::tuple<std::decay_t<Parameters>...> arguments_;
  void* addresses_[sizeof...(Parameters) + 1]{};
  cudaLaunchAttribute attribute_{};
  cudaLaunchConfig_t configuration_{};
#endif
};

// Records a launch on the calling thread's device.
template <class... Parameters, class... Arguments>
std::string record(std::unique_ptr<Launch>* recorded, const char* name, void (*kernel)(Parameters...), const LaunchShape& shape,
                   Arguments... arguments) {
  auto launch = std::make_unique<KernelLaunch<Parameters...>>(name, kernel, shape, arguments...);
  std::string problem = launch->prepare();
  if (problem.empty()) *recorded = std::move(launch);
  return problem;
}

// Enqueues a kernel once.
template <class... Parameters, class... Arguments>
std::string launch(const char* name, void (*kernel)(Parameters...), const LaunchShape& shape, Stream stream, Arguments... arguments) {
  KernelLaunch<Parameters...> once(name, kernel, shape, arguments...);
  std::string problem = once.prepare();
  return problem.empty() ? once.enqueue(stream) : problem;
}

}  // namespace gpu
