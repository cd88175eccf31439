// Error handling of libjpeg-turbo: every error, and every warning that costs a pixel, ends the guarded call and leaves its text behind.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "jpeglib.h"  // uses FILE and size_t without including their headers

namespace oct {

/// The library's error manager with a way back; the first member, so that the library's pointer to it is a pointer to this.
struct JpegErrors {
  jpeg_error_mgr manager;
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
  bool out_of_memory;
  int32_t blemish;  // of oct_jpeg_blemish: the last warning that was passed over
};

/// Prepares `errors` and returns what belongs into `err` of a libjpeg object. Replaces jpeg_std_error, whose object file in Debian's static
/// library is not position-independent and would keep it out of a shared one.
jpeg_error_mgr* install_jpeg_errors(JpegErrors& errors);

/// Calls body(argument), which may call libjpeg and must hold nothing that needs a destructor. False if the library failed or
/// warned of lost pixels: the text is then in errors.message.
bool jpeg_guarded(JpegErrors& errors, void (*body)(void*), void* argument);

/// Ends the guarded call with a text of our own.
[[noreturn]] __attribute__((format(printf, 2, 3))) void jpeg_fail(JpegErrors& errors, const char* format, ...);

}  // namespace oct
