#include "device.h"

#include <cstdlib>

#if OCT_BENCH_EMULATED
#include "octothorpe/emulated.h"
#endif
#if OCT_BENCH_CUDA
#include "octothorpe/cuda.h"
#endif

namespace oct::bench {

void need(oct_status status) {
  if (status != OCT_OK) throw Failure(status, oct_last_error());
}

void need(const std::string& problem) {
  if (!problem.empty()) throw Failure(OCT_DEVICE_FAULT, problem);
}

Memory::Memory(oct_context* context, size_t bytes) : context_(context) { need(oct_allocate(context, bytes > 0 ? bytes : 1, &data_)); }

Memory::~Memory() {
  if (data_ != nullptr) oct_free(context_, data_);
}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(data_, other.data_);
  return *this;
}

Device::Device(const std::string& name) : name_(name) {
  const oct_device_table* table = nullptr;
  if (name == "cpu") table = oct_cpu_device();
#if OCT_BENCH_EMULATED
  if (name == "emulated") {
    table = oct_emulated_device();
    library_ = octo_probes_emulated();
  }
#endif
#if OCT_BENCH_CUDA
  if (name == "cuda" || name.starts_with("cuda:")) {
    table = oct_cuda_device();
    library_ = octo_probes_cuda();
    ordinal_ = name == "cuda" ? 0 : std::atoi(name.c_str() + 5);
  }
#endif
  if (table == nullptr) {
    throw Failure(OCT_UNSUPPORTED, "no device '" + name + "' in this build; it has cpu" + (OCT_BENCH_EMULATED ? ", emulated" : "") +
                                       (OCT_BENCH_CUDA ? ", cuda:N" : ""));
  }
  need(oct_context_create(table, ordinal_, 0, &context_));
}

Device::~Device() { oct_context_destroy(context_); }

probes::Machine Device::machine() const {
  probes::Machine machine{};
  need(library_->describe(ordinal_, &machine));
  return machine;
}

std::vector<std::string> Device::variants(const std::string& operation, const std::string& pass) const {
  int32_t count = 0;
  need(oct_variant_count(context_, &count));
  std::vector<std::string> names;
  for (int32_t i = 0; i < count; ++i) {
    oct_variant variant{};
    need(oct_variant_at(context_, i, &variant));
    if (operation == variant.operation && pass == variant.pass) names.emplace_back(variant.name);
  }
  return names;
}

void Device::use(const std::string& variant) const { need(oct_use_variant(context_, variant.empty() ? nullptr : variant.c_str())); }

bool Device::answers() const {
  try {
    const Memory memory(context_, 4);
    const uint32_t sent = 0x5aa5c33c;
    uint32_t received = 0;
    write_bytes(memory.data(), &sent, sizeof sent);
    need(oct_copy_to_host(context_, &received, memory.data(), sizeof received));
    synchronize();
    return received == sent;
  } catch (const Failure&) {
    return false;
  }
}

void Device::write(const oct_tensor& tensor, const Values& values) const {
  const auto bytes = static_cast<size_t>(elements(tensor)) * bytes_of(tensor.dtype);
  if (bytes == 0) return;
  if (tensor.dtype == OCT_BF16) {
    std::vector<uint16_t> halves(values.floats.size());
    for (size_t i = 0; i < halves.size(); ++i) halves[i] = to_bf16(values.floats[i]);
    write_bytes(tensor.data, halves.data(), bytes);
  } else {
    write_bytes(tensor.data, tensor.dtype == OCT_F32 ? static_cast<const void*>(values.floats.data()) : values.bytes.data(), bytes);
  }
}

Values Device::read(const oct_tensor& tensor) const {
  const auto count = static_cast<size_t>(elements(tensor));
  std::vector<uint8_t> bytes(count * bytes_of(tensor.dtype));
  if (!bytes.empty()) need(oct_copy_to_host(context_, bytes.data(), tensor.data, bytes.size()));
  Values values;
  if (!is_float(tensor.dtype)) {
    values.bytes = std::move(bytes);
    return values;
  }
  values.floats.resize(count);
  if (tensor.dtype == OCT_F32) {
    if (count > 0) memcpy(values.floats.data(), bytes.data(), bytes.size());
    return values;
  }
  for (size_t i = 0; i < count; ++i) {
    uint16_t half;
    memcpy(&half, bytes.data() + 2 * i, 2);
    values.floats[i] = from_bf16(half);
  }
  return values;
}

oct_tensor tensor_of(void* data, oct_dtype dtype, const std::vector<int64_t>& shape) {
  oct_tensor tensor{};
  tensor.data = data;
  tensor.dtype = dtype;
  tensor.rank = static_cast<int32_t>(shape.size());
  int64_t count = 1;
  for (int32_t axis = tensor.rank - 1; axis >= 0; --axis) {
    tensor.shape[axis] = shape[static_cast<size_t>(axis)];
    tensor.stride[axis] = count;
    count *= tensor.shape[axis];
  }
  return tensor;
}

int64_t elements(const oct_tensor& tensor) {
  int64_t count = 1;
  for (int32_t axis = 0; axis < tensor.rank; ++axis) count *= tensor.shape[axis];
  return count;
}

}  // namespace oct::bench
