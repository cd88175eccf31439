// Contexts: argument checks, then the device's table.
#include <omp.h>
#include <sched.h>

#include <atomic>
#include <new>

#include "check.h"

namespace {

std::atomic<int64_t> allocation_count{0};

int32_t available_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return omp_get_num_procs();
}

oct_status keep_failure(oct_status status, const char* text) { return oct::fail(status, "%s", text); }

}  // namespace

extern "C" {

const char* oct_version(void) { return OCT_VERSION; }

oct_status oct_context_create(const oct_device_table* table, int32_t ordinal, int32_t threads, oct_context** context) {
  if (table == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "context: the device table is null");
  if (context == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "context: the output pointer is null");
  if (threads < 0 || threads > 1024) return oct::fail(OCT_INVALID_ARGUMENT, "context: threads is %d, but must be in [0,1024]", threads);
  oct_context* created =
      new (std::nothrow) oct_context{table, ordinal, threads > 0 ? threads : available_processors(), nullptr, keep_failure};
  if (created == nullptr) return oct::fail(OCT_OUT_OF_MEMORY, "context: no memory");
  const oct_status status = table->open(created);
  if (status != OCT_OK) {
    delete created;
    return status;
  }
  *context = created;
  return OCT_OK;
}

oct_status oct_context_destroy(oct_context* context) {
  if (context == nullptr) return OCT_OK;
  const oct_status status = context->table->close(context);
  delete context;
  return status;
}

oct_status oct_context_synchronize(oct_context* context) {
  OCT_TRY(oct::check_context("synchronize", context));
  return context->table->synchronize(context);
}

int32_t oct_context_threads(const oct_context* context) { return context == nullptr ? 0 : context->threads; }

oct_status oct_set_calling_thread_parallelism(int32_t threads) {
  if (threads < 1 || threads > 1024) return oct::fail(OCT_INVALID_ARGUMENT, "parallelism: threads is %d, but must be in [1,1024]", threads);
  omp_set_num_threads(threads);
  return OCT_OK;
}

oct_status oct_allocate(oct_context* context, size_t bytes, void** data) {
  OCT_TRY(oct::check_context("allocate", context));
  if (data == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "allocate: the output pointer is null");
  if (bytes == 0) return oct::fail(OCT_INVALID_ARGUMENT, "allocate: bytes is 0, but must be > 0");
  OCT_TRY(context->table->allocate(context, bytes, data));
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  return OCT_OK;
}

oct_status oct_free(oct_context* context, void* data) {
  OCT_TRY(oct::check_context("free", context));
  return data == nullptr ? OCT_OK : context->table->free(context, data);
}

oct_status oct_copy_to_device(oct_context* context, void* device_data, const void* host_data, size_t bytes) {
  OCT_TRY(oct::check_context("copy_to_device", context));
  if (bytes > 0 && (device_data == nullptr || host_data == nullptr))
    return oct::fail(OCT_INVALID_ARGUMENT, "copy_to_device: a pointer is null");
  return context->table->copy_to_device(context, device_data, host_data, bytes);
}

oct_status oct_copy_to_host(oct_context* context, void* host_data, const void* device_data, size_t bytes) {
  OCT_TRY(oct::check_context("copy_to_host", context));
  if (bytes > 0 && (device_data == nullptr || host_data == nullptr))
    return oct::fail(OCT_INVALID_ARGUMENT, "copy_to_host: a pointer is null");
  return context->table->copy_to_host(context, host_data, device_data, bytes);
}

oct_status oct_zero(oct_context* context, void* data, size_t bytes) {
  OCT_TRY(oct::check_context("zero", context));
  if (bytes > 0 && data == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "zero: the pointer is null");
  return context->table->zero(context, data, bytes);
}

oct_status oct_variant_count(oct_context* context, int32_t* count) {
  OCT_TRY(oct::check_context("variant_count", context));
  if (count == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "variant_count: the output pointer is null");
  if (context->table->variant_count != nullptr) return context->table->variant_count(context, count);
  *count = 0;
  return OCT_OK;
}

oct_status oct_variant_at(oct_context* context, int32_t index, oct_variant* variant) {
  int32_t count = 0;
  OCT_TRY(oct_variant_count(context, &count));
  if (variant == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "variant_at: the output pointer is null");
  if (index < 0 || index >= count) return oct::fail(OCT_INVALID_ARGUMENT, "variant_at: index is %d, but must be in [0,%d)", index, count);
  return context->table->variant_at(context, index, variant);
}

oct_status oct_use_variant(oct_context* context, const char* name) {
  OCT_TRY(oct::check_context("use_variant", context));
  if (context->table->use_variant != nullptr) return context->table->use_variant(context, name);
  if (name == nullptr) return OCT_OK;
  return oct::fail(OCT_INVALID_ARGUMENT, "use_variant: name is '%s', but the device %s has one kernel per operation", name,
                   context->table->name);
}

int64_t oct_allocation_count(void) { return allocation_count.load(std::memory_order_relaxed); }

}  // extern "C"
