// A device behind the C contract, with its memory and its variants; and the probe library that knows its clock.
#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "octothorpe/device_table.h"
#include "probe.h"
#include "values.h"

namespace oct::bench {

/// A call that failed; what() has the library's text.
struct Failure : std::runtime_error {
  Failure(oct_status s, const std::string& text) : std::runtime_error(text), status(s) {}
  oct_status status;
};
void need(oct_status status);           // throws Failure
void need(const std::string& problem);  // of the probe library: "" or the reason

/// Memory of a device, freed with it.
class Memory {
 public:
  Memory() = default;
  Memory(oct_context* context, size_t bytes);
  ~Memory();
  Memory(Memory&& other) noexcept : context_(other.context_), data_(other.data_) { other.data_ = nullptr; }
  Memory& operator=(Memory&& other) noexcept;
  void* data() const { return data_; }

 private:
  oct_context* context_ = nullptr;
  void* data_ = nullptr;
};

class Device {
 public:
  /// "cpu", "emulated", "cuda:0", ...: throws Failure with the reason where it cannot be opened.
  explicit Device(const std::string& name);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  oct_context* context() const { return context_; }
  const std::string& name() const { return name_; }
  int ordinal() const { return ordinal_; }
  bool emulated() const { return name_ == "emulated"; }
  const probes::Library& library() const { return *library_; }  // not of the CPU
  probes::Machine machine() const;
  std::string isa() const { return oct_cpu_isa(); }

  std::vector<std::string> variants(const std::string& operation, const std::string& pass) const;
  void use(const std::string& variant) const;  // "": the device chooses
  /// Whether memory can still be allocated, written and read: not after a fault that spoils the context.
  bool answers() const;
  void synchronize() const { need(oct_context_synchronize(context_)); }
  void write(const oct_tensor& tensor, const Values& values) const;
  Values read(const oct_tensor& tensor) const;
  void write_bytes(void* data, const void* from, size_t bytes) const { need(oct_copy_to_device(context_, data, from, bytes)); }

 private:
  std::string name_;
  int ordinal_ = 0;
  const probes::Library* library_ = nullptr;
  oct_context* context_ = nullptr;
};

/// A dense view of memory.
oct_tensor tensor_of(void* data, oct_dtype dtype, const std::vector<int64_t>& shape);
int64_t elements(const oct_tensor& tensor);

}  // namespace oct::bench
