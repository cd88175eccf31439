# The C++ files of a new operation. Variables: see new_op in new_op.sh.

write_header() {
  local pass
  {
    cat <<END
// FILL IN: what it computes, in a few words.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

END
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END
/// FILL IN: the formula, the order of the sums, what may alias what. More tensors stand here and, in the same order, in operations.h.
typedef struct oct_${function}_args {
  oct_tensor $in;  ///< [N,H,W,C], F32 or BF16
  oct_tensor $out;  ///< as $in, overwritten
} oct_${function}_args;
OCT_API oct_status oct_${function}_prepare(oct_context* context, const oct_${function}_args* args, oct_call** call);

END
    done
    printf '#ifdef __cplusplus\n}\n#endif\n'
  } | put "native/include/octothorpe/$stem.h"
}

write_checks() {
  local pass
  {
    echo '#include "check.h"'
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END

oct_status oct::check(const char* op, const oct_${function}_args& a) {
  const Argument $in{"$in", a.$in}, $out{"$out", a.$out};
  for (const Argument argument : {$in, $out}) {
    OCT_TRY(check_dense(op, argument, 4));
    OCT_TRY(check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(check_same_dtype(op, $in, argument));
    OCT_TRY(check_same_shape(op, $in, argument));
  }
  OCT_TRY(check_no_alias(op, $in, $out));
  // FILL IN: every rule of the header, in place of this line; native/src/check.h has the checks that operations share.
  return fail(OCT_UNSUPPORTED, "%s: FILL IN: its checks, in native/src/$stem.cpp", op);
}
END
    done
  } | put "native/src/$stem.cpp"
}

write_cpu_kernel() {
  local pass
  {
    cat <<'END'
// FILL IN: how the kernel works, and what bounds it. Results must not depend on the number of threads, bit for bit.
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {
END
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END

template <class T>
oct_status run_${pass:-all}(oct_call* call) {
  const auto& a = args<oct_${function}_args>(call);
  const T* $in = data<T>(a.$in);
  T* $out = data<T>(a.$out);
  const int64_t n = elements(a.$in);
  parallel_for(call->context, n, n, [=](int64_t begin, int64_t end) {
    for_lanes(begin, end, [=](auto lane, int64_t i) {
      using L = decltype(lane);
      L::put($out + i, L::get($in + i));  // FILL IN
    });
  });
  return OCT_OK;
}
END
    done
    printf '\n}  // namespace\n\n'
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END
oct_status $function(oct_call* call) {
  // FILL IN: call->workspace_bytes and a plan (keep_plan) where the kernel needs them, then, in place of the two lines below:
  // return OCT_RUNS(call, args<oct_${function}_args>(call).$in.dtype, run_${pass:-all});
  static_cast<void>(call);
  return fail(OCT_UNSUPPORTED, "$function: FILL IN: its kernel, in native/src/cpu/$stem.cpp");
}

END
    done
    echo 'OCT_KERNEL_END'
  } | put "native/src/cpu/$stem.cpp"
}

write_cuda_kernel() {
  local pass
  {
    cat <<'END'
// FILL IN: how the kernels work. Bound: FILL IN.
#include "element_wise/element_wise.cuh"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {
END
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END

// FILL IN: what a block and a thread do. Bound: one read and one write of all elements.
template <class T>
__global__ void __launch_bounds__(kElementThreads) ${function}_elements(const T* $in, T* $out, int64_t count) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x;
  if (i < count) $out[i] = $in[i];
}
END
    done
    printf '\n}  // namespace\n'
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END

// FILL IN: OCT_NO_WORKSPACE($function) in place of this function, or the scratch bytes that the launches need.
oct_status workspace(Launches& launches, const oct_${function}_args&, size_t*) {
  return fail(launches.context(), OCT_UNSUPPORTED, "$function: FILL IN: its kernel, in cuda/src/$room/$stem.cu");
}

oct_status $function(Launches& launches, const oct_${function}_args& a, void*) {
  return with_float_type(a.$in.dtype, [&](auto type) {
    using T = decltype(type);
    const gpu::LaunchShape shape{element_blocks(elements(a.$in), 1, 1), dim3(kElementThreads)};
    return launch(launches, "$function", ${function}_elements<T>, shape, data<const T>(a.$in), data<T>(a.$out), elements(a.$in));
  });
}
END
    done
    printf '\n}  // namespace oct::cuda\n'
  } | put "cuda/src/$room/$stem.cu"
}

write_contract_test() {
  local pass
  {
    cat <<'END'
#include "support/expect.h"
#include "support/samples.h"

namespace oct::test {
END
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END

// Small legal arguments, for the tests of every operation. FILL IN: all tensors that the operation can have.
void make_sample(Device& device, uint64_t seed, oct_${function}_args* a) {
  const std::vector<int64_t> shape = {2, 3, 5, 8};
  *a = {.$in = device.of(OCT_F32, shape, random_values(product(shape), seed)), .$out = device.empty(OCT_F32, shape)};
}
END
    done
    printf '\nnamespace {\n\nOCT_FOR_TYPES(%s);\n' "$camel"
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END

TEST_P($camel, ${java_pass^}MatchesDoubleForAnyThreadCount) {
  ADD_FAILURE() << "FILL IN: the oracle in double precision, and a tolerance that follows from the type and the length of the sums; equal bits "
                   "for any thread count and for what may alias";
  for (const std::vector<int64_t>& shape : shapes("$stem", 4)) {
    for (const int32_t threads : thread_counts()) {
      SCOPED_TRACE(text_of(shape) + ", threads " + std::to_string(threads));
      Device device({.threads = threads});
      const std::vector<float> input = rounded(GetParam(), random_values(product(shape), 1));
      const oct_tensor $in = device.of(GetParam(), shape, input), $out = device.empty(GetParam(), shape);
      ASSERT_RUNS(device, oct_${function}_args{.$in = $in, .$out = $out});
      const std::vector<float> output = device.read($out);
      for (size_t i = 0; i < output.size(); ++i) {
        const double expected = static_cast<double>(input[i]);
        expect_near("$out", i, expected, static_cast<double>(output[i]), rounding(GetParam()) * std::fabs(expected));
      }
    }
  }
}
END
    done
    describe_pass "${passes[0]}"
    cat <<END

TEST(${camel}Refuses, WhatDoesNotFit) {
  ADD_FAILURE() << "FILL IN: a refusal for each rule of native/include/octothorpe/$stem.h: operation, argument, value, rule";
  Device device;
  const oct_tensor $in = device.empty(OCT_F32, {2, 3, 3, 5});
  expect_invalid(bind(device, oct_${function}_args{.$in = $in, .$out = {}}), {"$function", "$out is missing"});
}

}  // namespace
}  // namespace oct::test
END
  } | put "tests/contract/${stem}_test.cpp"
}

write_shapes() {
  put "tests/shapes/$stem.txt" <<'END'
# FILL IN: what a line is, one per line: x [N,H,W,C]. 'test' lines are small and are what tests run; 'layer' lines are real layers of
# ResNeXt-101 32x8d at 224 pixels, one image, which benchmarks run at their own batch size. From a '#' on a line is a comment.

# kind    N    H    W     C
test      1    1    1     1
test      1    1    1     3  # around the widths of the vectors
test      1    3    5     7
test      2    2    3    16
test      1    5    2    17
test      1    1  127     1  # a prime
test      3   17   13    29  # odd, above the length from which threads are used
layer     1   56   56   256
layer     1    7    7  2048
END
}
