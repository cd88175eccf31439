// Types shared by every operation of the contract: status codes, element types and borrowed tensor views.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define OCT_API __attribute__((visibility("default")))
#else
#define OCT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Result of a call. Anything but OCT_OK leaves the outputs unspecified and a text in oct_last_error().
typedef int32_t oct_status;
enum {
  OCT_OK = 0,
  OCT_INVALID_ARGUMENT = 1,  ///< a shape, type or value breaks the rule that the message names
  OCT_UNSUPPORTED = 2,       ///< the arguments are legal, but this device has no kernel for them
  OCT_OUT_OF_MEMORY = 3,     ///< an allocation failed
  OCT_DEVICE_FAULT = 4,      ///< the device reported an asynchronous error
  OCT_CORRUPT_DATA = 5       ///< bytes that came from outside are not what they claim to be
};

/// Element type of a tensor.
typedef int32_t oct_dtype;
enum {
  OCT_F32 = 0,   ///< IEEE 754 binary32
  OCT_BF16 = 1,  ///< the upper 16 bits of a binary32, rounded to nearest even
  OCT_I32 = 2,   ///< signed 32-bit integer
  OCT_I64 = 3,   ///< signed 64-bit integer
  OCT_U8 = 4     ///< unsigned 8-bit integer
};

enum { OCT_MAX_RANK = 4 };

/// Borrowed view of an array: the caller owns `data`, which lives in the memory of the context's device.
/// `stride` counts elements. Operations want dense row-major tensors unless their text says otherwise.
typedef struct oct_tensor {
  void* data;
  oct_dtype dtype;
  int32_t rank;
  int64_t shape[4];
  int64_t stride[4];
} oct_tensor;

/// Text of this thread's last failure; "" before the first one. Valid until this thread's next failing call.
OCT_API const char* oct_last_error(void);

#ifdef __cplusplus
}
#endif
