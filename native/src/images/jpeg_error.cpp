#include "jpeg_error.h"

#include <cstdarg>
#include <cstring>

#include "jerror.h"  // the codes, an enumeration
#include "octothorpe/jpeg.h"

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

// Of files that are sound and yet not decoded, the library says what it lacks, not what the file is.
const char* name_of_refused(const jpeg_error_mgr& manager) {
  switch (manager.msg_code) {
    case JERR_SOF_UNSUPPORTED:
      return "lossless and hierarchical JPEG (frame type 0x%02x) are not decoded: convert it to baseline JPEG or PNG";
    case JERR_BAD_PRECISION:
      return "%d bits per sample, but 8 are decoded: convert it to baseline JPEG or PNG";
    case JERR_EMPTY_IMAGE:
      return "the header claims a width or height of 0";
    default:
      return nullptr;
  }
}

void format_message(j_common_ptr object, char* buffer) {
  const jpeg_error_mgr& manager = *object->err;
  const int code = manager.msg_code > 0 && manager.msg_code < kMessageCount ? manager.msg_code : 0;
  const char* refused = name_of_refused(manager);
  const char* text = refused != nullptr ? refused : kMessages[code];
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

// Warnings after which every block of the picture has been decoded from the data that belong to it. The others (bad codes, data that end
// early, a restart marker that is not the next one, a progressive scan that is missing or out of order) mean that pixels are made up.
int32_t blemish_of(int warning) {
  switch (warning) {
    case JWRN_NOT_SEQUENTIAL:
      return OCT_JPEG_SCAN_PARAMETERS;
    case JWRN_JFIF_MAJOR:
      return OCT_JPEG_JFIF_VERSION;
    case JWRN_EXTRANEOUS_DATA:
      return OCT_JPEG_STRAY_BYTES;
    case JWRN_ADOBE_XFORM:
      return OCT_JPEG_ADOBE_TRANSFORM;
    default:
      return OCT_JPEG_CLEAN;
  }
}

void emit_message(j_common_ptr object, int level) {
  if (level >= 0) return;  // traces
  const int32_t blemish = blemish_of(object->err->msg_code);
  if (blemish == OCT_JPEG_CLEAN) error_exit(object);
  errors_of(object).blemish = blemish;
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
