#include "check.h"

oct_status oct::check(const char* op, const oct_linear_softmax_cross_entropy_args& a) {
  const Argument x{"x", a.x}, weight{"weight", a.weight}, bias{"bias", a.bias}, offsets{"offsets", a.offsets}, labels{"labels", a.labels};
  const Argument loss{"loss", a.loss}, dx{"dx", a.dx}, dweight{"dweight", a.dweight}, dbias{"dbias", a.dbias};
  constexpr const char* kClasses = "the number of classes V";
  for (const Argument& argument : {x, weight}) {
    OCT_TRY(check_dense(op, argument, 2));
    OCT_TRY(check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(check_same_dtype(op, x, argument));
  }
  OCT_TRY(check_extent(op, weight, 1, a.x.shape[1], "the number of inputs D"));
  const int64_t rows = a.x.shape[0], inputs = a.x.shape[1], classes = a.weight.shape[0];
  if (a.chunk < 0 || a.chunk > classes) {
    return fail(OCT_INVALID_ARGUMENT, "%s: chunk is %lld, but must be in [0,%lld], the number of classes V", op,
                static_cast<long long>(a.chunk), static_cast<long long>(classes));
  }
  OCT_TRY(check_vector(op, bias, OCT_F32, classes, kClasses, true));
  OCT_TRY(check_vector(op, offsets, OCT_I32, rows + 1, "the number of rows B + 1", false));
  OCT_TRY(check_dense(op, labels, 1));
  OCT_TRY(check_dtype(op, labels, {OCT_I32}));
  OCT_TRY(check_vector(op, loss, OCT_F32, rows, "the number of rows B", false));
  if (dx.tensor != nullptr) {
    OCT_TRY(check_dense(op, dx, 2));
    OCT_TRY(check_same_dtype(op, x, dx));
    OCT_TRY(check_same_shape(op, x, dx));
  }
  if (dweight.tensor != nullptr) {
    OCT_TRY(check_dense(op, dweight, 2));
    OCT_TRY(check_dtype(op, dweight, {OCT_F32}));
    OCT_TRY(check_extent(op, dweight, 0, classes, kClasses));
    OCT_TRY(check_extent(op, dweight, 1, inputs, "the number of inputs D"));
  }
  OCT_TRY(check_vector(op, dbias, OCT_F32, classes, kClasses, true));
  return check_outputs_apart(op, {loss, dx, dweight, dbias}, {x, weight, bias, offsets, labels});
}
