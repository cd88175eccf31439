#!/usr/bin/env bash
# Everything that a machine with a GPU is asked for, in order, each section in calls of its own below five minutes:
#   bench/cuda/run.sh [SECTION...]        all sections, or: build vectors check sanitize time peers table
# Needs CMake, a C++ compiler, nvcc of CUDA 13 and, for peers, a Python with PyTorch (PYTHON=..., default python3). Results go to $OUT or
# ./results; a section can be run again alone, and ONLY=REGEX chooses among the calls of a section by the names of their logs.
# BUILD=... is the build folder (default: build/bench-gpu), JOBS=... the compile jobs, BATCH=... the images of a layer, LIMIT=... the
# seconds of a call. DEVICE=emulated rehearses everything on a few small shapes without a GPU (default: cuda:0).
# --groups prints the calls of time and check with their filters.
set -uo pipefail

script=${BASH_SOURCE[0]}
root=$(cd "$(dirname "$script")/../.." && pwd)
out=${OUT:-$PWD/results}
build=${BUILD:-$root/build/bench-gpu}
python=${PYTHON:-python3}
batch=${BATCH:-128}
device=${DEVICE:-cuda:0}
only=${ONLY:-}
bench=$build/octo_bench
limit=${LIMIT:-290} # seconds a call
all_sections=(build vectors check sanitize time peers table)
export PYTHONDONTWRITEBYTECODE=1

# Each group of 'time' and 'peers' is a call. Names match octo_bench's --filter; every task is in one group. What the paper trains with is
# bf16, so that comes first.
groups=(
  'conv_forward             ^grouped_conv\.forward bf16 .* G32 3x3'
  'conv_data                ^grouped_conv\.backward_data bf16 .* G32 3x3'
  'conv_weight              ^grouped_conv\.backward_weight bf16 .* G32 3x3'
  'conv_fused               ^grouped_conv\.forward_fused bf16 .* G32 3x3'
  'conv_1x1_forward         ^grouped_conv\.forward bf16 .* G1 1x1'
  'conv_1x1_data            ^grouped_conv\.backward_data bf16 .* G1 1x1'
  'conv_1x1_weight          ^grouped_conv\.backward_weight bf16 .* G1 1x1'
  'conv_1x1_fused           ^grouped_conv\.forward_fused bf16 .* G1 1x1'
  'conv_stem                ^grouped_conv\..* bf16 .* G1 7x7'
  'heads                    ^linear.* bf16'
  'losses                   ^s[a-z]*_cross_entropy\..* bf16'
  'batch_norm               ^batch_norm\..* bf16'
  'elementwise              ^(relu|add|max_pool|global_average_pool)\..* bf16|^convert\.'
  'images                   ^transform_images\.'
  'sgd                      ^sgd\.'
  'f32_conv_forward         ^grouped_conv\.forward f32 .* (G32 3x3|G1 7x7)'
  'f32_conv_data            ^grouped_conv\.backward_data f32 .* (G32 3x3|G1 7x7)'
  'f32_conv_weight          ^grouped_conv\.backward_weight f32 .* (G32 3x3|G1 7x7)'
  'f32_conv_fused           ^grouped_conv\.forward_fused f32 .* (G32 3x3|G1 7x7)'
  'f32_conv_1x1_forward     ^grouped_conv\.forward f32 .* G1 1x1'
  'f32_conv_1x1_data        ^grouped_conv\.backward_data f32 .* G1 1x1'
  'f32_conv_1x1_weight      ^grouped_conv\.backward_weight f32 .* G1 1x1'
  'f32_conv_1x1_fused       ^grouped_conv\.forward_fused f32 .* G1 1x1'
  'f32_heads_losses         ^(linear.*|s[a-z]*_cross_entropy)\..* f32'
  'f32_rest                 ^(batch_norm|relu|add|max_pool|global_average_pool)\..* f32'
)

# Each operation of 'check' is a call: a fault that loses the device ends one of them.
checks=(
  'conv_forward             ^grouped_conv\.forward [bf]'
  'conv_fused               ^grouped_conv\.forward_fused [bf]'
  'conv_data                ^grouped_conv\.backward_data [bf]'
  'conv_weight              ^grouped_conv\.backward_weight [bf]'
  'linear                   ^linear\.'
  'linear_softmax           ^linear_softmax\.'
  'softmax_cross_entropy    ^softmax_cross_entropy\.'
  'sigmoid_cross_entropy    ^sigmoid_cross_entropy\.'
  'batch_norm               ^batch_norm\.'
  'relu                     ^relu\.'
  'add                      ^add\.'
  'convert                  ^convert\.'
  'max_pool                 ^max_pool\.'
  'global_average_pool      ^global_average_pool\.'
  'images                   ^transform_images\.'
  'sgd                      ^sgd\.'
)

# Options of all calls; on the emulator few shapes, among which some filters find none.
few=() layer=layer
[[ $device != emulated ]] || { few=(--small --minutes 0.2 --allow-none) && layer=test; }

passed=0 failed=0 skipped=0 trouble=()

# section NAME COMMAND...: a log file, the counts of its last line.
section() {
  local name=$1 start=$SECONDS status=0 line numbers why
  shift
  [[ $name =~ $only ]] || return 0
  printf '== %s\n' "$name"
  timeout --kill-after=10 "$limit" "$@" >"$out/$name.log" 2>&1 || status=$?
  line=$(grep -oE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$out/$name.log" | tail -n 1)
  if [[ -n $line ]]; then
    read -r -a numbers <<<"${line//[^0-9 ]/}"
    passed=$((passed + numbers[0])) failed=$((failed + numbers[1])) skipped=$((skipped + numbers[2]))
  fi
  if ((status != 0)); then
    why="exit code $status"
    if ((SECONDS - start >= limit)); then why="timed out after $limit s"; fi
    trouble+=("$name: $why ($out/$name.log)")
    [[ -n $line ]] || failed=$((failed + 1))
    grep -E '^FAILED|error' "$out/$name.log" | head -n 20
    tail -n 5 "$out/$name.log"
  fi
  printf '   %s, %d s\n' "${line:-${why:-done}}" $((SECONDS - start))
}

skip() { [[ ! $1 =~ $only ]] || { printf '== %s\n   skipped: %s\n' "$1" "$2" && skipped=$((skipped + 1)); }; }

architecture() { nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d . | sed 's/^90$/90a/'; }

do_build() {
  local here cuda=ON
  here=$(architecture)
  [[ $device != emulated ]] || cuda=OFF
  # For this GPU alone: four architectures take four times as long.
  limit=590 section build bash -c "cmake -S '$root/bench/cuda' -B '$build' -DOCT_CUDA=$cuda ${here:+-DCMAKE_CUDA_ARCHITECTURES=$here-real} &&
    cmake --build '$build' --target octo_bench --parallel ${JOBS:-$(nproc)}"
}

do_vectors() {
  section vectors-write "$bench" --section vectors --device "$device" --write "$out/vectors"
  # The emulator against what this GPU said; then this GPU against what was committed.
  section vectors-emulator "$bench" --section vectors --device emulated --check "$out/vectors"
  if [[ -d $root/cuda/vectors ]]; then
    section vectors-committed "$bench" --section vectors --device "$device" --check "$root/cuda/vectors"
  else
    skip vectors-committed 'cuda/vectors is not there: nothing was committed yet'
  fi
  [[ ! -d $out/vectors ]] || tar -C "$out" -czf "$out/vectors.tar.gz" vectors
}

do_check() {
  local name filter dtype check=("$bench" --section check --device "$device" "${few[@]}")
  for group in "${checks[@]}"; do
    read -r name filter <<<"$group"
    section "check-test-$name" "${check[@]}" --shapes test --filter "$filter"
  done
  check+=(--shapes "$layer" --seeds 1)
  for dtype in bf16 f32; do
    section "check-layer-conv-forward-$dtype" "${check[@]}" --filter "^grouped_conv\.forward.* $dtype .*(G32 3x3|G1 7x7)"
    section "check-layer-conv-backward-$dtype" "${check[@]}" --filter "^grouped_conv\.backward.* $dtype .*(G32 3x3|G1 7x7)"
    section "check-layer-1x1-$dtype" "${check[@]}" --filter "^grouped_conv\..* $dtype .*G1 1x1"
    section "check-layer-rest-$dtype" "${check[@]}" --filter "^[^g].* $dtype |^global.* $dtype "
  done
}

do_sanitize() {
  local tool
  for tool in memcheck racecheck synccheck initcheck; do
    section "sanitize-$tool" "$bench" --section sanitize --device "$device" --tool "$tool"
  done
}

do_time() {
  local name filter
  for group in "${groups[@]}"; do
    read -r name filter <<<"$group"
    section "time-$name" "$bench" --section time --device "$device" "${few[@]}" --batch "$batch" --filter "$filter" --json "$out/time-$name.json"
  done
}

do_peers() {
  local name filter
  for group in "${groups[@]}"; do
    read -r name filter <<<"$group"
    [[ peers-$name =~ $only ]] || continue
    if ! "$bench" --section list --batch "$batch" --filter "$filter" --json "$out/tasks.json" >"$out/peers-$name.log" 2>&1; then
      tail -n 5 "$out/peers-$name.log"
      trouble+=("peers-$name: the list of its tasks failed ($out/peers-$name.log)")
      failed=$((failed + 1))
      continue
    fi
    section "peers-$name" "$python" "$root/bench/cuda/peers.py" --tasks "$out/tasks.json" --json "$out/peers-$name.json"
  done
}

do_table() {
  local gpu date files=()
  mapfile -t files < <(find "$out" -maxdepth 1 \( -name 'time-*.json' -o -name 'peers-*.json' \) | sort)
  ((${#files[@]} > 0)) || { trouble+=('table: nothing was timed') && return; }
  gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1 | tr 'A-Z ' 'a-z-')
  date=$(date -u +%Y-%m-%d)
  section table "$bench" --section table --markdown "$out/table.md" "${files[@]}"
  [[ $device == emulated ]] || printf '   %s: keep it as bench/results/%s/%s.md\n' "$out/table.md" "${gpu:-device}" "$date"
}

sections=("$@")
for name in "${sections[@]}"; do
  case $name in
    -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$script" && exit 0 ;;
    --groups) printf 'time %s\n' "${groups[@]}" && printf 'check %s\n' "${checks[@]}" && exit 0 ;;
    *) [[ " ${all_sections[*]} " == *" $name "* ]] || { printf 'run.sh: there is no section %s; %s\n' "$name" "${all_sections[*]}" >&2 && exit 2; } ;;
  esac
done
((${#sections[@]} > 0)) || sections=("${all_sections[@]}")
mkdir -p "$out" || exit 1
nvidia-smi >"$out/nvidia-smi.txt" 2>&1 || printf 'note: nvidia-smi does not run here\n'
for name in "${sections[@]}"; do "do_$name"; done
((${#trouble[@]} == 0)) || printf 'trouble: %s\n' "${trouble[@]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0 && ${#trouble[@]} == 0))
