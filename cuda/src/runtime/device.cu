// The device: contexts, memory, and the table of its operations.
#include <cstdarg>
#include <cstdio>
#include <new>

#include "gpu/binaries.h"
#include "octothorpe/cuda.h"
#include "octothorpe/emulated.h"
#include "runtime/operation.h"

namespace oct::cuda {

oct_status fail(const oct_context* context, oct_status status, const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return context->fail(status, text);
}

oct_status report(const oct_context* context, oct_status status, const char* what, const std::string& problem) {
  return problem.empty() ? OCT_OK : fail(context, status, "%s: %s", what, problem.c_str());
}

namespace {

#if GPU_EMULATED
constexpr const char* kDeviceName = "emulated";
#else
constexpr const char* kDeviceName = "cuda";
#endif

oct_status clear_fault(const oct_context* context, const State& s) {
  return report(context, OCT_DEVICE_FAULT, "zero", gpu::zero(s.stream, s.fault, sizeof(Fault)));
}

// Waits, then returns the first broken rule, once.
oct_status synchronize_and_report(oct_context* context) {
  const State& s = state(context);
  Fault fault{};
  OCT_TRY(report(context, OCT_DEVICE_FAULT, "synchronize", gpu::use_device(s.ordinal)));
  OCT_TRY(report(context, OCT_DEVICE_FAULT, "synchronize", gpu::copy_out(s.stream, &fault, s.fault, sizeof fault)));
  if (fault.rule == kNoFault) return OCT_OK;
  OCT_TRY(clear_fault(context, s));
  return fail(context, fault);
}

oct_status release_state(oct_context* context, State* s) {
  std::string problem;
  if (s->fault != nullptr) problem = gpu::free(s->ordinal, s->fault);
  const std::string second = s->stream != nullptr ? gpu::stream_destroy(s->ordinal, s->stream) : "";
  delete s;
  context->state = nullptr;
  return report(context, OCT_DEVICE_FAULT, "close", problem.empty() ? second : problem);
}

// Why no kernel of this library runs on a device; "" if some do.
std::string unusable(const gpu::Limits& limits) {
  const std::string what = std::string(limits.name) + " has compute capability " + std::to_string(limits.compute_capability / 10) + "." +
                           std::to_string(limits.compute_capability % 10);
  if (limits.compute_capability < 80) return what + "; the minimum is 8.0";
#ifdef OCT_CUDA_ARCHITECTURES
  if (!gpu::has_binary(OCT_CUDA_ARCHITECTURES, limits.compute_capability)) {
    return what + ", for which this build has no binary: it was built with CMAKE_CUDA_ARCHITECTURES " OCT_CUDA_ARCHITECTURES;
  }
#endif
  return "";
}

oct_status open(oct_context* context) {
  int count = 0;
  const std::string none = gpu::device_count(&count);
  if (!none.empty())
    return fail(context, OCT_UNSUPPORTED, "the device %s:%d cannot be opened: %s", kDeviceName, context->ordinal, none.c_str());
  if (context->ordinal < 0 || context->ordinal >= count) {
    return fail(context, OCT_INVALID_ARGUMENT, "the device number is %d, but must be in [0,%d)", context->ordinal, count);
  }
  State* s = new (std::nothrow) State;
  if (s == nullptr) return fail(context, OCT_OUT_OF_MEMORY, "open: no memory");
  context->state = s;
  s->ordinal = context->ordinal;
  void* fault = nullptr;
  std::string problem = gpu::limits_of(s->ordinal, &s->limits);
  if (problem.empty()) problem = unusable(s->limits);
  if (problem.empty()) problem = gpu::stream_create(s->ordinal, &s->stream);
  if (problem.empty()) problem = gpu::allocate(s->ordinal, sizeof(Fault), &fault);
  s->fault = static_cast<Fault*>(fault);
  if (problem.empty()) problem = gpu::zero(s->stream, s->fault, sizeof(Fault));
  if (problem.empty()) return OCT_OK;
  release_state(context, s);
  return fail(context, OCT_UNSUPPORTED, "the device %s:%d cannot be opened: %s", kDeviceName, context->ordinal, problem.c_str());
}

oct_status close(oct_context* context) {
  const oct_status pending = synchronize_and_report(context);
  const oct_status status = release_state(context, &state(context));
  return pending != OCT_OK ? pending : status;
}

oct_status allocate(oct_context* context, size_t bytes, void** memory) {
  return report(context, OCT_OUT_OF_MEMORY, "allocate", gpu::allocate(state(context).ordinal, bytes, memory));
}

oct_status free_memory(oct_context* context, void* memory) {
  return report(context, OCT_DEVICE_FAULT, "free", gpu::free(state(context).ordinal, memory));
}

oct_status copy_to_device(oct_context* context, void* device_data, const void* host_data, size_t bytes) {
  const State& s = state(context);
  OCT_TRY(report(context, OCT_DEVICE_FAULT, "copy_to_device", gpu::use_device(s.ordinal)));
  return report(context, OCT_DEVICE_FAULT, "copy_to_device", gpu::copy_in(s.stream, device_data, host_data, bytes));
}

oct_status copy_to_host(oct_context* context, void* host_data, const void* device_data, size_t bytes) {
  OCT_TRY(synchronize_and_report(context));
  return report(context, OCT_DEVICE_FAULT, "copy_to_host", gpu::copy_out(state(context).stream, host_data, device_data, bytes));
}

oct_status zero(oct_context* context, void* memory, size_t bytes) {
  const State& s = state(context);
  OCT_TRY(report(context, OCT_DEVICE_FAULT, "zero", gpu::use_device(s.ordinal)));
  return report(context, OCT_DEVICE_FAULT, "zero", gpu::zero(s.stream, memory, bytes));
}

const std::vector<oct_variant>& all_variants() {
  static const std::vector<oct_variant> all = [] {
    std::vector<oct_variant> collected;
    list_grouped_conv(&collected);
    list_linear(&collected);
    list_softmax_cross_entropy(&collected);
    return collected;
  }();
  return all;
}

oct_status variant_count(oct_context*, int32_t* count) {
  *count = static_cast<int32_t>(all_variants().size());
  return OCT_OK;
}

oct_status variant_at(oct_context*, int32_t index, oct_variant* variant) {
  *variant = all_variants()[static_cast<size_t>(index)];
  return OCT_OK;
}

oct_status use_variant(oct_context* context, const char* name) {
  State& s = state(context);
  if (name == nullptr) {
    s.variant = nullptr;
    return OCT_OK;
  }
  for (const oct_variant& variant : all_variants()) {
    if (strcmp(variant.name, name) != 0) continue;
    s.variant = variant.name;
    return OCT_OK;
  }
  std::string names;
  for (const oct_variant& variant : all_variants()) names += std::string(names.empty() ? "" : ", ") + variant.name;
  return fail(context, OCT_INVALID_ARGUMENT, "use_variant: name is '%s', but must be one of: %s", name, names.c_str());
}

oct_device_table make_table() {
  oct_device_table table{};
  table.name = kDeviceName;
  table.open = open;
  table.close = close;
  table.synchronize = synchronize_and_report;
  table.allocate = allocate;
  table.free = free_memory;
  table.copy_to_device = copy_to_device;
  table.copy_to_host = copy_to_host;
  table.zero = zero;
  table.variant_count = variant_count;
  table.variant_at = variant_at;
  table.use_variant = use_variant;
#define OCT_OPERATION(name, devices, tensors) table.name = prepare<oct_##name##_args, name>;
#include "octothorpe/operations.h"
#undef OCT_OPERATION
  return table;
}

}  // namespace
}  // namespace oct::cuda

extern "C" {

#if GPU_EMULATED
const oct_device_table* oct_emulated_device(void) {
#else
const oct_device_table* oct_cuda_device(void) {
#endif
  static const oct_device_table table = oct::cuda::make_table();
  return &table;
}

}  // extern "C"
