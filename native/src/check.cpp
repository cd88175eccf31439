#include "check.h"

#include <cinttypes>
#include <cmath>
#include <cstdio>

namespace oct {
namespace {

// The extents as text, [2,3,4]; for messages only.
struct ShapeText {
  char text[96];
  explicit ShapeText(const oct_tensor& tensor) {
    size_t used = 0;
    text[used++] = '[';
    for (int32_t i = 0; i < tensor.rank && i < OCT_MAX_RANK && used < sizeof text - 2; ++i) {
      used += static_cast<size_t>(snprintf(text + used, sizeof text - used, i ? ",%" PRId64 : "%" PRId64, tensor.shape[i]));
    }
    snprintf(text + (used < sizeof text - 2 ? used : sizeof text - 2), 2, "]");
  }
};

const char* extent_of(const oct_tensor& tensor, const char*& end) {
  const char* begin = static_cast<const char*>(tensor.data);
  int64_t last = 0;
  for (int32_t i = 0; i < tensor.rank; ++i) last += (tensor.shape[i] - 1) * tensor.stride[i];
  end = begin + static_cast<size_t>(last + 1) * dtype_bytes(tensor.dtype);
  return begin;
}

oct_status check_extents(const char* op, Argument a, int32_t rank) {
  if (a.tensor == nullptr) return fail(OCT_INVALID_ARGUMENT, "%s: %s is missing", op, a.name);
  const oct_tensor& t = *a.tensor;
  if (dtype_bytes(t.dtype) == 0) return fail(OCT_INVALID_ARGUMENT, "%s: %s has the unknown type %d", op, a.name, t.dtype);
  if (t.rank < 1 || t.rank > OCT_MAX_RANK || (rank > 0 && t.rank != rank)) {
    return fail(OCT_INVALID_ARGUMENT, "%s: %s has rank %d, but must have rank %s%d", op, a.name, t.rank, rank > 0 ? "" : "1 to ",
                rank > 0 ? rank : OCT_MAX_RANK);
  }
  int64_t product = 1;
  for (int32_t i = 0; i < t.rank; ++i) {
    if (t.shape[i] < 1 || __builtin_mul_overflow(product, t.shape[i], &product) || product > INT64_C(1) << 46) {
      return fail(OCT_INVALID_ARGUMENT, "%s: %s has the shape %s; every extent must be >= 1 and their product at most 2^46", op, a.name,
                  ShapeText(t).text);
    }
  }
  return OCT_OK;
}

}  // namespace

const char* dtype_name(oct_dtype dtype) {
  switch (dtype) {
    case OCT_F32:
      return "f32";
    case OCT_BF16:
      return "bf16";
    case OCT_I32:
      return "i32";
    case OCT_I64:
      return "i64";
    case OCT_U8:
      return "u8";
    default:
      return "unknown";
  }
}

size_t dtype_bytes(oct_dtype dtype) {
  switch (dtype) {
    case OCT_F32:
    case OCT_I32:
      return 4;
    case OCT_BF16:
      return 2;
    case OCT_I64:
      return 8;
    case OCT_U8:
      return 1;
    default:
      return 0;
  }
}

int64_t element_count(const oct_tensor& tensor) {
  int64_t count = 1;
  for (int32_t i = 0; i < tensor.rank; ++i) count *= tensor.shape[i];
  return count;
}

oct_status check_context(const char* op, const oct_context* context) {
  return context != nullptr ? OCT_OK : fail(OCT_INVALID_ARGUMENT, "%s: the context is null", op);
}

oct_status check_dense_any_rank(const char* op, Argument a) { return check_dense(op, a, 0); }

oct_status check_dense(const char* op, Argument a, int32_t rank) {
  OCT_TRY(check_extents(op, a, rank));
  const oct_tensor& t = *a.tensor;
  int64_t dense = 1;
  for (int32_t i = t.rank - 1; i >= 0; --i) {
    if (t.stride[i] != dense && t.shape[i] != 1) {
      return fail(OCT_INVALID_ARGUMENT, "%s: %s has stride %" PRId64 " on axis %d, but must be dense row-major (%" PRId64 ")", op, a.name,
                  t.stride[i], i, dense);
    }
    dense *= t.shape[i];
  }
  return OCT_OK;
}

oct_status check_rows(const char* op, Argument a) {
  OCT_TRY(check_extents(op, a, 2));
  const oct_tensor& t = *a.tensor;
  if ((t.shape[1] != 1 && t.stride[1] != 1) || (t.shape[0] != 1 && t.stride[0] < t.shape[1])) {
    return fail(OCT_INVALID_ARGUMENT, "%s: %s has strides [%" PRId64 ",%" PRId64 "], but rows must be dense and at least %" PRId64 " apart",
                op, a.name, t.stride[0], t.stride[1], t.shape[1]);
  }
  return OCT_OK;
}

oct_status check_dtype(const char* op, Argument a, std::initializer_list<oct_dtype> allowed) {
  char names[64] = "";
  size_t used = 0;
  for (const oct_dtype dtype : allowed) {
    if (a.tensor->dtype == dtype) return OCT_OK;
    used += static_cast<size_t>(snprintf(names + used, sizeof names - used, used ? " or %s" : "%s", dtype_name(dtype)));
  }
  return fail(OCT_INVALID_ARGUMENT, "%s: %s is %s, but must be %s", op, a.name, dtype_name(a.tensor->dtype), names);
}

oct_status check_same_dtype(const char* op, Argument a, Argument b) {
  if (a.tensor->dtype == b.tensor->dtype) return OCT_OK;
  return fail(OCT_INVALID_ARGUMENT, "%s: %s is %s, but %s is %s; they must share a type", op, b.name, dtype_name(b.tensor->dtype), a.name,
              dtype_name(a.tensor->dtype));
}

oct_status check_same_shape(const char* op, Argument a, Argument b) {
  bool same = a.tensor->rank == b.tensor->rank;
  for (int32_t i = 0; same && i < a.tensor->rank; ++i) same = a.tensor->shape[i] == b.tensor->shape[i];
  if (same) return OCT_OK;
  return fail(OCT_INVALID_ARGUMENT, "%s: %s has the shape %s, but must have %s's, %s", op, b.name, ShapeText(*b.tensor).text, a.name,
              ShapeText(*a.tensor).text);
}

oct_status check_extent(const char* op, Argument a, int32_t axis, int64_t expected, const char* rule) {
  if (a.tensor->shape[axis] == expected) return OCT_OK;
  return fail(OCT_INVALID_ARGUMENT, "%s: %s has the shape %s; axis %d must be %" PRId64 ", %s", op, a.name, ShapeText(*a.tensor).text, axis,
              expected, rule);
}

oct_status check_no_alias(const char* op, Argument a, Argument b) {
  if (a.tensor == nullptr || b.tensor == nullptr || a.tensor->data == nullptr || b.tensor->data == nullptr) return OCT_OK;
  const char *a_end, *b_end;
  const char* a_begin = extent_of(*a.tensor, a_end);
  const char* b_begin = extent_of(*b.tensor, b_end);
  if (a_end <= b_begin || b_end <= a_begin) return OCT_OK;
  return fail(OCT_INVALID_ARGUMENT, "%s: %s overlaps %s in memory; they must be apart", op, b.name, a.name);
}

oct_status check_alias_or_apart(const char* op, Argument a, Argument b) {
  if (a.tensor == nullptr || b.tensor == nullptr || a.tensor->data == b.tensor->data) return OCT_OK;
  return check_no_alias(op, a, b);
}

oct_status check_outputs_apart(const char* op, std::initializer_list<Argument> outputs, std::initializer_list<Argument> others) {
  for (const Argument& output : outputs) {
    for (const Argument& other : outputs) {
      if (&other != &output) OCT_TRY(check_no_alias(op, other, output));
    }
    for (const Argument& other : others) OCT_TRY(check_no_alias(op, other, output));
  }
  return OCT_OK;
}

oct_status check_both_or_none(const char* op, Argument a, Argument b) {
  if ((a.tensor == nullptr) == (b.tensor == nullptr)) return OCT_OK;
  const bool first = a.tensor == nullptr;
  return fail(OCT_INVALID_ARGUMENT, "%s: %s is missing and %s is not; both or neither must be given", op, first ? a.name : b.name,
              first ? b.name : a.name);
}

oct_status check_vector(const char* op, Argument vector, oct_dtype dtype, int64_t extent, const char* rule, bool optional) {
  if (optional && vector.tensor == nullptr) return OCT_OK;
  OCT_TRY(check_dense(op, vector, 1));
  OCT_TRY(check_dtype(op, vector, {dtype}));
  return check_extent(op, vector, 0, extent, rule);
}

oct_status check_pixel_statistics(const char* op, const float* mean, const float* deviation, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    if (!std::isfinite(mean[c])) {
      return fail(OCT_INVALID_ARGUMENT, "%s: mean[%" PRId64 "] is %g, but must be finite", op, c, static_cast<double>(mean[c]));
    }
    if (!std::isfinite(deviation[c]) || deviation[c] <= 0) {
      return fail(OCT_INVALID_ARGUMENT, "%s: deviation[%" PRId64 "] is %g, but must be finite and > 0", op, c,
                  static_cast<double>(deviation[c]));
    }
  }
  return OCT_OK;
}

oct_status check_workspace(const char* op, const void* workspace, size_t bytes, size_t needed) {
  if (bytes < needed) return fail(OCT_INVALID_ARGUMENT, "%s: the workspace has %zu bytes, but %zu are needed", op, bytes, needed);
  if (needed > 0 && workspace == nullptr)
    return fail(OCT_INVALID_ARGUMENT, "%s: the workspace is null, but %zu bytes are needed", op, needed);
  if (reinterpret_cast<uintptr_t>(workspace) % 64 != 0) return fail(OCT_INVALID_ARGUMENT, "%s: the workspace is not 64-byte aligned", op);
  return OCT_OK;
}

}  // namespace oct
