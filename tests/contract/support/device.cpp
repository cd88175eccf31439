#include "device.h"

#include <cstdlib>
#include <cstring>

namespace oct::test {
namespace {

std::string the_name;
Chosen the_device{};

}  // namespace

void choose_device(const std::string& name, const Chosen& chosen) {
  the_name = name;
  the_device = chosen;
}

const std::string& device_name() { return the_name; }

const Chosen& chosen_device() { return the_device; }

const std::vector<int32_t>& thread_counts() {
  static const std::vector<int32_t> cpu{1, 3, 7}, other{2};
  return on_cpu() ? cpu : other;
}

Device::Device(const Options& options) : options_(options) {
  EXPECT_EQ(oct_context_create(the_device.table, the_device.ordinal, options.threads, &context_), OCT_OK) << oct_last_error();
}

Device::~Device() {
  for (void* memory : memory_) on_cpu() ? free(memory) : static_cast<void>(oct_free(context_, memory));
  EXPECT_EQ(oct_context_destroy(context_), OCT_OK) << oct_last_error();
}

// On the CPU plain memory of exactly the size, so that AddressSanitizer sees every access outside it.
char* Device::allocate(size_t bytes) {
  void* data = nullptr;
  if (on_cpu()) {
    data = malloc(bytes);
  } else {
    EXPECT_EQ(oct_allocate(context_, bytes, &data), OCT_OK) << oct_last_error();
  }
  memory_.push_back(data);
  if (!emulated()) {
    const std::vector<uint8_t> nan(bytes, 0xff);
    EXPECT_EQ(oct_copy_to_device(context_, data, nan.data(), bytes), OCT_OK) << oct_last_error();
  }
  return static_cast<char*>(data);
}

void* Device::scratch(size_t bytes) {
  if (bytes == 0) return nullptr;
  if (!on_cpu()) return allocate(bytes);
  void* data = nullptr;
  EXPECT_EQ(posix_memalign(&data, 64, bytes), 0);
  memset(data, 0xff, bytes);
  memory_.push_back(data);
  return data;
}

oct_tensor Device::empty(oct_dtype dtype, const std::vector<int64_t>& shape) {
  oct_tensor memory{};
  memory.dtype = dtype;
  memory.data = allocate(static_cast<size_t>(product(shape) + options_.first) * bytes_of(dtype));
  return view_of(memory, shape, options_.first);
}

oct_tensor Device::of(oct_dtype dtype, const std::vector<int64_t>& shape, const std::vector<float>& values) {
  const oct_tensor tensor = empty(dtype, shape);
  write(tensor, values);
  return tensor;
}

void Device::write(const oct_tensor& tensor, const std::vector<float>& values) {
  if (tensor.dtype == OCT_F32) return write_bytes(tensor, values.data(), values.size() * 4);
  std::vector<uint16_t> halves;
  halves.reserve(values.size());
  for (const float value : values) halves.push_back(to_bf16(value));
  write_bytes(tensor, halves.data(), halves.size() * 2);
}

void Device::write_bytes(const oct_tensor& tensor, const void* bytes, size_t count) {
  ASSERT_EQ(count, static_cast<size_t>(count_of(tensor)) * bytes_of(tensor.dtype));
  EXPECT_EQ(oct_copy_to_device(context_, tensor.data, bytes, count), OCT_OK) << oct_last_error();
}

std::vector<uint8_t> Device::read_bytes(const oct_tensor& tensor) const {
  std::vector<uint8_t> bytes(static_cast<size_t>(count_of(tensor)) * bytes_of(tensor.dtype));
  EXPECT_EQ(oct_copy_to_host(context_, bytes.data(), tensor.data, bytes.size()), OCT_OK) << oct_last_error();
  return bytes;
}

std::vector<float> Device::read(const oct_tensor& tensor) const {
  const std::vector<uint8_t> bytes = read_bytes(tensor);
  std::vector<float> values(static_cast<size_t>(count_of(tensor)));
  if (tensor.dtype == OCT_F32) {
    memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  EXPECT_EQ(tensor.dtype, OCT_BF16);
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half;
    memcpy(&half, &bytes[2 * i], 2);
    values[i] = from_bf16(half);
  }
  return values;
}

std::vector<std::string> Device::variants(const std::string& operation, const std::string& pass) const {
  int32_t count = 0;
  EXPECT_EQ(oct_variant_count(context_, &count), OCT_OK) << oct_last_error();
  std::vector<std::string> names;
  for (int32_t i = 0; i < count; ++i) {
    oct_variant variant{};
    EXPECT_EQ(oct_variant_at(context_, i, &variant), OCT_OK) << oct_last_error();
    if (operation == variant.operation && pass == variant.pass) names.emplace_back(variant.name);
  }
  return names;
}

std::vector<std::string> Device::choices(const std::string& operation, const std::string& pass) const {
  std::vector<std::string> names = variants(operation, pass);
  if (names.empty()) names.emplace_back("");
  return names;
}

void Device::use(const std::string& variant) const {
  if (on_cpu() && variant.empty()) return;
  EXPECT_EQ(oct_use_variant(context_, variant.empty() ? nullptr : variant.c_str()), OCT_OK) << oct_last_error();
}

int64_t count_of(const oct_tensor& tensor) { return product({tensor.shape, tensor.shape + tensor.rank}); }

oct_tensor view_of(const oct_tensor& tensor, const std::vector<int64_t>& shape, int64_t first) {
  oct_tensor view{};
  view.dtype = tensor.dtype;
  view.data = static_cast<char*>(tensor.data) + static_cast<size_t>(first) * bytes_of(tensor.dtype);
  view.rank = static_cast<int32_t>(shape.size());
  int64_t stride = 1;
  for (size_t axis = shape.size(); axis-- > 0; stride *= shape[axis]) {
    view.shape[axis] = shape[axis];
    view.stride[axis] = stride;
  }
  return view;
}

}  // namespace oct::test
