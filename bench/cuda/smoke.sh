#!/usr/bin/env bash
# The driver on the emulated device: smoke.sh BUILD_DIR
# The golden vectors' format, every operation on a few shapes, times that say nothing, the table; then faults and mistakes (smoke/mistakes.sh).
# Ends with 'N passed, N failed, N skipped'.
# Uses a build of cuda/ in BUILD_DIR/../cuda and the core library of java/core where they are; else it builds both.
set -uo pipefail

build=${1:?usage: smoke.sh BUILD_DIR}
mkdir -p "$build" && build=$(cd "$build" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jobs=${OCTOTHORPE_JOBS:-2}
bench=$build/octo_bench
passed=0 failed=0 skipped=0
export PYTHONDONTWRITEBYTECODE=1
source "$root/bench/cuda/smoke/mistakes.sh"

build_driver() {
  local options=(-DOCT_CUDA=OFF) devices=$build/../cuda core=$root/java/core/target/cmake/lib/liboctothorpe.so
  [[ -f $core ]] && options+=("-DOCT_CORE_LIBRARY=$core")
  if [[ -f $devices/CMakeCache.txt ]]; then
    devices=$(cd "$devices" && pwd)
    cmake --build "$devices" --target octothorpe_emulated octothorpe_probes_emulated --parallel "$jobs" || return 1
    options+=("-DOCT_DEVICE_BUILD=$devices")
  fi
  cmake -S "$root/bench/cuda" -B "$build" "${options[@]}" && cmake --build "$build" --target octo_bench octo_bench_faults --parallel "$jobs"
}

add() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }

# part NAME COMMAND...: prints the end of what it says, and adds its counts.
part() {
  local name=$1 start=$SECONDS status=0 line numbers
  shift
  "$@" >"$build/$name.log" 2>&1 || status=$?
  line=$(grep -oE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$build/$name.log" | tail -n 1)
  grep -E '^(FAILED|skipped): ' "$build/$name.log" | cut -c 1-400
  if [[ -n $line ]]; then
    read -r -a numbers <<<"${line//[^0-9 ]/}"
    add "${numbers[@]}"
    ((status == 0 || numbers[1] > 0)) || add 0 1 0
  else
    printf 'FAILED: %s: exit code %d\n' "$name" "$status"
    tail -n 20 "$build/$name.log"
    add 0 1 0
  fi
  printf '%-12s %s in %d s\n' "$name" "${line:-broke off}" $((SECONDS - start))
}

# expect NAME PATTERN FILE: a line that must be there.
expect() {
  if grep -qE -- "$2" "$3"; then
    add 1 0 0
  else
    printf 'FAILED: %s: no line like %s in %s\n' "$1" "$2" "$3"
    add 0 1 0
  fi
}

if build_driver; then
  add 1 0 0
  part vectors "$bench" --section vectors --device emulated
  # What the emulator wrote is read again from the disk; a digit that is changed there is found.
  rm -rf "$build/vectors"
  part written "$bench" --section vectors --device emulated --write "$build/vectors" --filter 'mma_bf16|ldmatrix|functions'
  part checked "$bench" --section vectors --device emulated --check "$build/vectors" --filter 'mma_bf16|ldmatrix|functions'
  sed -i '/^outputs/{n;s/^\(.\{7\}\)./\1x/}' "$build/vectors/mma_bf16.txt"
  "$bench" --section vectors --device emulated --check "$build/vectors" --filter 'mma_bf16' >"$build/damaged.log" 2>&1
  expect 'vectors that were damaged on the disk' '^FAILED: .*mma_bf16\.txt: line [0-9]+' "$build/damaged.log"

  part check "$bench" --section check --device emulated --small --seeds 1 --minutes 1
  part time "$bench" --section time --device emulated --filter '^(relu.forward bf16 N1 1x1 C1|relu.forward f32 N1 1x127|softmax_cross_entropy.* bf16 B3 V2 )' --json "$build/time.json"
  expect 'emulated times are labeled' 'emulated: not a speed' "$build/time.log"
  if grep -q '%' <(grep 'emulated: not a speed' "$build/time.log"); then
    printf 'FAILED: an emulated time has a share of something\n'
    add 0 1 0
  fi
  part list "$bench" --section list --filter '^softmax' --json "$build/tasks.json"
  part table "$bench" --section table --markdown "$build/table.md" "$build/time.json"
  expect 'the table has the tasks' '^\| relu.forward bf16 .* emulated: not a speed' "$build/table.md"
  part sanitize "$bench" --section sanitize --device emulated
  if command -v python3 >/dev/null 2>&1; then
    part peers python3 "$root/bench/cuda/peers.py" --tasks "$build/tasks.json" --json "$build/peers.json"
    test_peers
  else
    printf 'skipped: peers: no python3 here\n'
    add 0 0 1
  fi
  for name in faults nothing_to_do shapes files groups run; do
    start=$SECONDS before=$failed
    "test_$name"
    printf '%-12s %d failed in %d s\n' "$name" $((failed - before)) $((SECONDS - start))
  done
else
  printf 'FAILED: the driver does not build\n'
  add 0 1 0
fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
