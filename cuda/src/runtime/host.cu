// The host's side of cuda/include/gpu/host.h.
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "gpu/host.h"

#if !GPU_EMULATED
#include <cuda.h>  // types of the driver's tensor maps; nothing of the driver is linked
#endif

namespace gpu {

#if GPU_EMULATED

std::string use_device(int) { return ""; }

std::string device_count(int* count) {
  *count = 1;
  return "";
}

std::string limits_of(int ordinal, Limits* limits) {
  if (ordinal != 0) return "the emulator is one device, number 0";
  *limits = Limits{};
  limits->compute_capability = 90;
  limits->multiprocessors = 4;  // few: persistent kernels walk more than one tile per block on small shapes
  limits->shared_bytes = 227 << 10;
  limits->l2_bytes = size_t{1} << 20;
  limits->max_cluster = 16;
  limits->wgmma = true;
  snprintf(limits->name, sizeof limits->name, "emulated device, compute capability 9.0");
  return "";
}

std::string stream_create(int, Stream* stream) {
  *stream = emu::stream_create();
  return "";
}

std::string stream_destroy(int, Stream stream) {
  emu::stream_destroy(stream);
  return "";
}

std::string stream_synchronize(Stream) { return ""; }  // launches are done when they return

std::string allocate(int, size_t bytes, void** data) {
  *data = emu::allocate(bytes);
  return *data != nullptr ? "" : "the emulator has no memory for " + std::to_string(bytes) + " bytes";
}

std::string free(int, void* data) { return emu::free(data); }

std::string copy_in(Stream, void* device, const void* host, size_t bytes) { return emu::copy_in(device, host, bytes); }

std::string copy_out(Stream, void* host, const void* device, size_t bytes) { return emu::copy_out(host, device, bytes); }

std::string zero(Stream, void* device, size_t bytes) { return emu::set(device, 0, bytes); }

std::string event_create(int, Event* event) {
  *event = new double(0);
  return "";
}

std::string event_destroy(int, Event event) {
  delete event;
  return "";
}

std::string event_record(Event event, Stream) {
  *event = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
  return "";
}

std::string event_elapsed(Event begin, Event end, float* milliseconds) {
  *milliseconds = static_cast<float>(*end - *begin);
  return "";
}

std::string encode_tensor_map(TensorMap* map, const void* data, int element_bytes, int rank, const uint64_t* extents,
                              const uint64_t* strides, const uint32_t* box, Swizzle swizzle) {
  return emu::encode_tensor_map(map, data, element_bytes, rank, extents, strides, box, static_cast<uint32_t>(swizzle));
}

#else

namespace {

std::string text(const char* what, cudaError_t error) {
  if (error == cudaSuccess) return "";
  static_cast<void>(cudaGetLastError());  // the next call must not report this failure again
  return std::string(what) + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")";
}

// Without this attribute a block has 48 KB, its static arrays included. Setting it takes a call of the driver, so it is done once per
// kernel, device and size.
std::string allow_shared_memory(const char* name, const void* kernel, size_t bytes) {
  static std::mutex lock;
  static std::map<std::pair<int, const void*>, size_t> allowed;
  int ordinal = 0;
  std::string problem = text(name, cudaGetDevice(&ordinal));
  if (!problem.empty()) return problem;
  const std::lock_guard<std::mutex> guard(lock);
  size_t& most = allowed[{ordinal, kernel}];
  if (bytes <= most) return "";
  problem = text(name, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)));
  if (problem.empty()) most = bytes;
  return problem;
}

}  // namespace

std::string use_device(int ordinal) { return text("cudaSetDevice", cudaSetDevice(ordinal)); }

std::string device_count(int* count) {
  *count = 0;
  return text("cudaGetDeviceCount", cudaGetDeviceCount(count));
}

std::string limits_of(int ordinal, Limits* limits) {
  cudaDeviceProp properties;
  std::string problem = text("cudaGetDeviceProperties", cudaGetDeviceProperties(&properties, ordinal));
  if (!problem.empty()) return problem;
  *limits = Limits{};
  limits->compute_capability = properties.major * 10 + properties.minor;
  limits->multiprocessors = properties.multiProcessorCount;
  limits->shared_bytes = properties.sharedMemPerBlockOptin;
  limits->l2_bytes = static_cast<size_t>(properties.l2CacheSize);
  // 16 blocks need an attribute of the kernel, which prepare_launch sets; consumer chips have 8 as well, with less to share.
  limits->max_cluster = properties.major == 9 || properties.major == 10 ? 16 : properties.major > 10 ? 8 : 1;
  limits->wgmma = limits->compute_capability == 90;
  snprintf(limits->name, sizeof limits->name, "%s", properties.name);
  return "";
}

std::string stream_create(int ordinal, Stream* stream) {
  const std::string problem = use_device(ordinal);
  return problem.empty() ? text("cudaStreamCreateWithFlags", cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking)) : problem;
}

std::string stream_destroy(int ordinal, Stream stream) {
  const std::string problem = use_device(ordinal);
  return problem.empty() ? text("cudaStreamDestroy", cudaStreamDestroy(stream)) : problem;
}

std::string stream_synchronize(Stream stream) { return text("cudaStreamSynchronize", cudaStreamSynchronize(stream)); }

std::string allocate(int ordinal, size_t bytes, void** data) {
  const std::string problem = use_device(ordinal);
  return problem.empty() ? text("cudaMalloc", cudaMalloc(data, bytes)) : problem;
}

std::string free(int ordinal, void* data) {
  const std::string problem = use_device(ordinal);
  return problem.empty() ? text("cudaFree", cudaFree(data)) : problem;
}

std::string copy_in(Stream stream, void* device, const void* host, size_t bytes) {
  // cudaMemcpyDefault: the addresses say which memory is the host's, managed or the device's.
  const std::string problem = text("cudaMemcpyAsync", cudaMemcpyAsync(device, host, bytes, cudaMemcpyDefault, stream));
  return problem.empty() ? stream_synchronize(stream) : problem;
}

std::string copy_out(Stream stream, void* host, const void* device, size_t bytes) { return copy_in(stream, host, device, bytes); }

std::string zero(Stream stream, void* device, size_t bytes) { return text("cudaMemsetAsync", cudaMemsetAsync(device, 0, bytes, stream)); }

std::string event_create(int ordinal, Event* event) {
  const std::string problem = use_device(ordinal);
  return problem.empty() ? text("cudaEventCreate", cudaEventCreate(event)) : problem;
}

std::string event_destroy(int ordinal, Event event) {
  const std::string problem = use_device(ordinal);
  return problem.empty() ? text("cudaEventDestroy", cudaEventDestroy(event)) : problem;
}

std::string event_record(Event event, Stream stream) { return text("cudaEventRecord", cudaEventRecord(event, stream)); }

std::string event_elapsed(Event begin, Event end, float* milliseconds) {
  const std::string problem = text("cudaEventSynchronize", cudaEventSynchronize(end));
  return problem.empty() ? text("cudaEventElapsedTime", cudaEventElapsedTime(milliseconds, begin, end)) : problem;
}

std::string encode_tensor_map(TensorMap* map, const void* data, int element_bytes, int rank, const uint64_t* extents,
                              const uint64_t* strides, const uint32_t* box, Swizzle swizzle) {
  static_assert(sizeof(TensorMap) == sizeof(CUtensorMap) && alignof(TensorMap) >= alignof(CUtensorMap));
  using Encode =
      CUresult (*)(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*, const cuuint64_t*, const cuuint64_t*, const cuuint32_t*,
                   const cuuint32_t*, CUtensorMapInterleave, CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill);
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found{};
  const std::string problem = text("cudaGetDriverEntryPointByVersion",
                                   cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry, 12000, cudaEnableDefault, &found));
  if (!problem.empty()) return problem;
  if (found != cudaDriverEntryPointSuccess || entry == nullptr) return "the driver has no cuTensorMapEncodeTiled (CUDA 12.0)";
  const cuuint32_t ones[5] = {1, 1, 1, 1, 1};
  const CUtensorMapDataType type = element_bytes == 4 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  const CUresult result =
      reinterpret_cast<Encode>(entry)(reinterpret_cast<CUtensorMap*>(map), type, static_cast<cuuint32_t>(rank), const_cast<void*>(data),
                                      extents, strides, box, ones, CU_TENSOR_MAP_INTERLEAVE_NONE, static_cast<CUtensorMapSwizzle>(swizzle),
                                      CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return result == CUDA_SUCCESS ? "" : "cuTensorMapEncodeTiled: error " + std::to_string(static_cast<int>(result));
}

std::string prepare_launch(const char* name, const void* kernel, const LaunchShape& shape) {
  std::string problem;
  if (shape.shared_bytes > 0) problem = allow_shared_memory(name, kernel, shape.shared_bytes);
  if (problem.empty() && shape.cluster > 8) {
    problem = text(name, cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  }
  return problem;
}

std::string launch_failure(const char* name, const LaunchShape& shape, cudaError_t error) {
  if (error == cudaSuccess) return "";
  char where[160];
  snprintf(where, sizeof where, "%s: grid %u x %u x %u, block %u, %zu bytes of shared memory, cluster %u", name, shape.grid.x, shape.grid.y,
           shape.grid.z, shape.block.x, shape.shared_bytes, shape.cluster);
  return text(where, error);
}

#endif

}  // namespace gpu
