# The CUDA device's tests: kernels on the emulator, and, where nvcc is, what it and ptxas say of them.

cuda_build=$build/cuda

test_cuda() {
  check 'kernels and their tests build for the emulator' cuda-build.log build_device_tests || return 0
  # One test a processor: the emulator runs its threads on one.
  attempt 'kernels on the emulated device, the emulator itself' cuda.log ctest --test-dir "$cuda_build" --parallel 2 --verbose || show_failed_ctests "$build/cuda.log"
  count_ctest "$build/cuda.log"
  test_bench_cuda
  test_nvcc
}

configure_device_tests() {
  local core=$root/java/core/target/cmake/lib/liboctothorpe.so contract=
  [[ -f $core ]] || core=
  # The contract suite's objects are those of the CPU's tests, where these were built.
  if [[ -f $build/native-tests/CMakeCache.txt ]] && cmake --build "$build/native-tests" --target contract --parallel "${OCTOTHORPE_JOBS:-2}"; then
    contract=$build/native-tests/contract/libcontract.a
  fi
  cmake -S "$root/cuda" -B "$cuda_build" -DOCT_BUILD_DEVICE_TESTS=ON "-DOCT_CORE_LIBRARY=$core" "-DOCT_CONTRACT_LIBRARY=$contract" -DCMAKE_BUILD_TYPE=Release
}
build_device_tests() {
  [[ -z $begun_pid ]] || wait "$begun_pid" || true
  begun_pid=
  configure_device_tests && cmake --build "$cuda_build" --target device_tests --parallel "${OCTOTHORPE_JOBS:-2}"
}

# nvcc and the emulator take minutes. Begun before the Java tests, they use the processors that these leave idle; test_cuda builds what is
# left and tells.
begun_pid=
begin_cuda() {
  configure_device_tests >"$build/cuda-configured.log" 2>&1 && nvcc_was_found || return 0
  in_background cuda-begun.log build_in_background
  begun_pid=$background_pid
}
build_in_background() {
  cmake --build "$cuda_build" --target octothorpe_cuda --parallel "${OCTOTHORPE_JOBS:-2}"
  # The tests take the core library and the emulator that Maven has built meanwhile.
  exec 9>"$cuda_build/lock"
  flock 9
  configure_device_tests && cmake --build "$cuda_build" --target device_tests --parallel "${OCTOTHORPE_JOBS:-2}"
}
nvcc_was_found() { grep -q '^CMAKE_CUDA_COMPILER:[^=]*=.*nvcc' "$cuda_build/CMakeCache.txt"; }

# The driver for a machine with a GPU, on the emulator.
test_bench_cuda() {
  local line
  attempt 'the driver of bench/cuda on the emulated device' bench-cuda.log "$root/bench/cuda/smoke.sh" "$build/bench-cuda" || show_failure "$build/bench-cuda.log" 60
  line=$(grep -oE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$build/bench-cuda.log" | tail -n 1)
  if [[ -n $line ]]; then
    # shellcheck disable=SC2046  # three words on purpose
    count $(grep -oE '[0-9]+' <<<"$line")
    while IFS= read -r line; do skips+=("bench/cuda: $line"); done < <(sed -n 's/^skipped: //p' "$build/bench-cuda.log" | sort -u | head -n 20)
  else
    count 0 1 0
    failures+=('bench/cuda/smoke.sh broke off (build/bench-cuda.log)')
  fi
}

test_nvcc() {
  if ! nvcc_was_found; then
    skip 'nvcc builds every kernel for sm_80, sm_90a, sm_100, sm_120' 'no nvcc here'
    skip 'no kernel spills; registers and shared memory are within cuda/budget.txt' 'no nvcc here'
    skip 'kernels hold the instructions that cuda/budget.txt names' 'no nvcc here'
    return
  fi
  check 'nvcc builds every kernel for sm_80, sm_90a, sm_100, sm_120' nvcc.log cmake --build "$cuda_build" --target octothorpe_cuda --parallel "${OCTOTHORPE_JOBS:-2}" || return 0
  check 'no kernel spills; registers and shared memory are within cuda/budget.txt' budget.log "$root/cuda/budget.sh" check "$cuda_build" || true
  check 'kernels hold the instructions that cuda/budget.txt names' instructions.log "$root/cuda/budget.sh" instructions "$cuda_build" || true
  check 'the CUDA device loads without a driver and says why it is absent' loads.log "$root/tests/contract/cuda/loads_without_driver.sh" "$cuda_build" || true
}
