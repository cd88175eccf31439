// Calls: the checks of an operation, then the device's preparation; the oct_<name>_prepare functions of operations.h.
#include "octothorpe/call.h"

#include <cstring>
#include <new>

#include "check.h"

namespace {

// One line of operations.h.
struct Operation {
  const char* name;
  const char* tensor_names;  // separated by blanks
  int32_t tensors;
  size_t bytes;  // of the argument struct
  oct_status (*check)(const char* op, const oct_tensor* arguments);
  oct_status (*oct_device_table::*prepare)(oct_call* call);
};

// A call and what the device does not see of it; the argument struct follows.
struct Prepared {
  oct_call call;
  const Operation* operation;
  bool bound;

  char* arguments() { return reinterpret_cast<char*>(this + 1); }
};
static_assert(sizeof(Prepared) % alignof(oct_tensor) == 0);

Prepared* prepared(oct_call* call) { return reinterpret_cast<Prepared*>(call); }

constexpr int32_t count_names(const char* names) {
  int32_t count = 1;
  for (; *names != 0; ++names) count += *names == ' ';
  return count;
}

// The name of tensor `index`, as text that printf's %.*s takes.
struct TensorName {
  int length = 0;
  const char* text;

  TensorName(const char* names, int32_t index) : text(names) {
    for (; index > 0; ++text) index -= *text == ' ';
    while (text[length] != 0 && text[length] != ' ') ++length;
  }
};

void forget_addresses(Prepared* p) {
  p->bound = false;
  for (int32_t i = 0; i < p->operation->tensors; ++i) p->call.tensors[i].data = nullptr;
}

oct_status prepare(const Operation& operation, oct_context* context, const void* arguments, oct_call** out) {
  const char* op = operation.name;
  OCT_TRY(oct::check_context(op, context));
  if (arguments == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the arguments are null", op);
  if (out == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the output pointer is null", op);
  const auto device = context->table->*operation.prepare;
  if (device == nullptr) return oct::fail(OCT_UNSUPPORTED, "%s: the device %s has no kernel for it", op, context->table->name);
  void* memory = ::operator new(sizeof(Prepared) + operation.bytes, std::nothrow);
  if (memory == nullptr) return oct::fail(OCT_OUT_OF_MEMORY, "%s: no memory for the call", op);
  Prepared* p = new (memory) Prepared{};
  p->operation = &operation;
  memcpy(p->arguments(), arguments, operation.bytes);
  p->call.context = context;
  p->call.variant = "";
  p->call.tensors = reinterpret_cast<oct_tensor*>(p->arguments());
  forget_addresses(p);
  oct_status status = operation.check(op, p->call.tensors);
  if (status == OCT_OK) status = device(&p->call);
  if (status != OCT_OK) {
    oct_call_destroy(&p->call);
    return status;
  }
  *out = &p->call;
  return OCT_OK;
}

oct_status check_addresses(const Operation& operation, const oct_tensor* tensors, void* const* data) {
  for (int32_t i = 0; i < operation.tensors; ++i) {
    const bool absent = tensors[i].rank == 0;
    if ((data[i] == nullptr) == absent) continue;
    const TensorName name(operation.tensor_names, i);
    return absent ? oct::fail(OCT_INVALID_ARGUMENT, "%s: %.*s has an address, but was prepared as absent", operation.name, name.length,
                              name.text)
                  : oct::fail(OCT_INVALID_ARGUMENT, "%s: the address of %.*s is null", operation.name, name.length, name.text);
  }
  return OCT_OK;
}

}  // namespace

extern "C" {

size_t oct_call_workspace(const oct_call* call) { return call == nullptr ? 0 : call->workspace_bytes; }

const char* oct_call_variant(const oct_call* call) { return call == nullptr ? "" : call->variant; }

oct_status oct_call_bind(oct_call* call, void* const* data, int32_t count, void* workspace, size_t workspace_bytes) {
  if (call == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "bind: the call is null");
  Prepared* p = prepared(call);
  const Operation& operation = *p->operation;
  forget_addresses(p);
  if (data == nullptr || count != operation.tensors) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: %d addresses are given, but there must be %d: %s", operation.name,
                     data == nullptr ? 0 : count, operation.tensors, operation.tensor_names);
  }
  OCT_TRY(check_addresses(operation, call->tensors, data));
  OCT_TRY(oct::check_workspace(operation.name, workspace, workspace_bytes, call->workspace_bytes));
  for (int32_t i = 0; i < count; ++i) call->tensors[i].data = data[i];
  call->workspace = call->workspace_bytes > 0 ? workspace : nullptr;
  oct_status status = operation.check(operation.name, call->tensors);
  if (status == OCT_OK && call->bind != nullptr) status = call->bind(call);
  if (status != OCT_OK) {
    forget_addresses(p);
    return status;
  }
  p->bound = true;
  return OCT_OK;
}

oct_status oct_call_run(oct_call* call) {
  if (call == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "run: the call is null");
  if (!prepared(call)->bound) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: the call is run before it is bound to memory", prepared(call)->operation->name);
  }
  return call->run(call);
}

void oct_call_destroy(oct_call* call) {
  if (call == nullptr) return;
  if (call->release != nullptr) call->release(call);
  ::operator delete(static_cast<void*>(prepared(call)));
}

#define OCT_OPERATION(name, devices, tensor_names)                                                                           \
  oct_status oct_##name##_prepare(oct_context* context, const oct_##name##_args* args, oct_call** call) {                    \
    static_assert(count_names(tensor_names) * sizeof(oct_tensor) <= sizeof(oct_##name##_args), "tensors of " #name);         \
    static constexpr Operation operation = {#name,                                                                           \
                                            tensor_names,                                                                    \
                                            count_names(tensor_names),                                                       \
                                            sizeof(oct_##name##_args),                                                       \
                                            [](const char* op, const oct_tensor* arguments) {                                \
                                              return oct::check(op, *reinterpret_cast<const oct_##name##_args*>(arguments)); \
                                            },                                                                               \
                                            &oct_device_table::name};                                                        \
    return prepare(operation, context, args, call);                                                                          \
  }
#include "octothorpe/operations.h"
#undef OCT_OPERATION

}  // extern "C"
