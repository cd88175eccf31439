// Argument checks. Every message names the operation, the argument, the value and the rule. An operation's check runs twice: when it is
// prepared, before there are addresses, and when it is bound; what compares addresses holds while one of them is null.
#pragma once
#include <initializer_list>

#include "error.h"
#include "octothorpe/device_table.h"

namespace oct {

/// One tensor argument of an operation.
struct Argument {
  const char* name;
  const oct_tensor* tensor;  ///< null: an optional one that is absent

  Argument(const char* called, const oct_tensor& view) : name(called), tensor(oct::optional(view)) {}
};

#define OCT_OPERATION(name, devices, tensors) oct_status check(const char* op, const oct_##name##_args& a);
#include "octothorpe/operations.h"
#undef OCT_OPERATION

/// "f32", "bf16", ...; "type 77" is impossible: unknown types read "unknown".
const char* dtype_name(oct_dtype dtype);
/// Bytes of one element; 0 for an unknown type.
size_t dtype_bytes(oct_dtype dtype);
/// Number of elements of a checked tensor.
int64_t element_count(const oct_tensor& tensor);

/// The context is not null.
oct_status check_context(const char* op, const oct_context* context);
/// Present, rank `rank`, every extent >= 1, dense row-major.
oct_status check_dense(const char* op, Argument argument, int32_t rank);
/// As check_dense, but the rows of a rank-2 tensor may stand apart (stride[0] >= shape[1]).
oct_status check_rows(const char* op, Argument argument);
/// As check_dense for any rank from 1, used by element-wise operations.
oct_status check_dense_any_rank(const char* op, Argument argument);
/// The type is one of `allowed`.
oct_status check_dtype(const char* op, Argument argument, std::initializer_list<oct_dtype> allowed);
/// b has a's type.
oct_status check_same_dtype(const char* op, Argument a, Argument b);
/// b has a's rank and shape.
oct_status check_same_shape(const char* op, Argument a, Argument b);
/// shape[axis] equals `expected`; `rule` says what it has to equal.
oct_status check_extent(const char* op, Argument argument, int32_t axis, int64_t expected, const char* rule);
/// The memory of a and b does not overlap.
oct_status check_no_alias(const char* op, Argument a, Argument b);
/// The memory of a and b is either the same or does not overlap.
oct_status check_alias_or_apart(const char* op, Argument a, Argument b);
/// No output overlaps another output or one of `others`; absent tensors overlap nothing.
oct_status check_outputs_apart(const char* op, std::initializer_list<Argument> outputs, std::initializer_list<Argument> others);
/// Both are absent or none is.
oct_status check_both_or_none(const char* op, Argument a, Argument b);
/// f32 or another type [extent], or absent where `optional`; `rule` says what the extent is.
oct_status check_vector(const char* op, Argument vector, oct_dtype dtype, int64_t extent, const char* rule, bool optional);
/// mean and deviation of each of `channels` color channels.
oct_status check_pixel_statistics(const char* op, const float* mean, const float* deviation, int64_t channels);
/// Scratch memory is there, large enough and 64-byte aligned.
oct_status check_workspace(const char* op, const void* workspace, size_t bytes, size_t needed);

}  // namespace oct
