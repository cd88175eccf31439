#include "jpeg_error.h"

#include <cstdarg>
#include <cstring>

#include "jerror.h"  // the codes, an enumeration

#define JCOPYRIGHT_SHORT ""
#define JVERSION ""
#define JMESSAGE(code, string) string,
constexpr const char* kMessages[] = {
#include "jerror.h"  // again: their texts
};

namespace oct {
namespace {

constexpr int kMessageCount = static_cast<int>(sizeof kMessages / sizeof *kMessages);

JpegErrors& errors_of(j_common_ptr object) { return *reinterpret_cast<JpegErrors*>(object->err); }

void format_message(j_common_ptr object, char* buffer) {
  const jpeg_error_mgr& manager = *object->err;
  const int code = manager.msg_code > 0 && manager.msg_code < kMessageCount ? manager.msg_code : 0;
  const char* text = kMessages[code];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  if (strstr(text, "%s") != nullptr) {
    snprintf(buffer, JMSG_LENGTH_MAX, text, manager.msg_parm.s);
  } else {
    const int* p = manager.msg_parm.i;
    snprintf(buffer, JMSG_LENGTH_MAX, text, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]);
  }
#pragma GCC diagnostic pop
}

[[noreturn]] void error_exit(j_common_ptr object) {
  JpegErrors& errors = errors_of(object);
  format_message(object, errors.message);
  errors.out_of_memory = object->err->msg_code == JERR_OUT_OF_MEMORY;
  longjmp(errors.back, 1);
}

void emit_message(j_common_ptr object, int level) {
  if (level < 0) error_exit(object);  // a warning: damaged data; 0 and above: traces
}

void output_message(j_common_ptr) {}

void reset_error_mgr(j_common_ptr object) {
  object->err->num_warnings = 0;
  object->err->msg_code = 0;
}

}  // namespace

jpeg_error_mgr* install_jpeg_errors(JpegErrors& errors) {
  errors = {};
  errors.manager.error_exit = error_exit;
  errors.manager.emit_message = emit_message;
  errors.manager.output_message = output_message;
  errors.manager.format_message = format_message;
  errors.manager.reset_error_mgr = reset_error_mgr;
  errors.manager.jpeg_message_table = kMessages;
  errors.manager.last_jpeg_message = kMessageCount - 1;
  return &errors.manager;
}

bool jpeg_guarded(JpegErrors& errors, void (*body)(void*), void* argument) {
  if (setjmp(errors.back) != 0) return false;
  body(argument);
  return true;
}

void jpeg_fail(JpegErrors& errors, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(errors.message, sizeof errors.message, format, arguments);
  va_end(arguments);
  longjmp(errors.back, 1);
}

}  // namespace oct
