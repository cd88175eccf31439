#!/usr/bin/env bash
# Everything that a machine with a GPU is asked for, in order, each section in a call of its own below five minutes:
#   bench/cuda/run.sh [SECTION...]        all sections, or: build vectors check sanitize time peers table
# Needs CMake, a C++ compiler, nvcc of CUDA 13 and, for peers, a Python with PyTorch (PYTHON=..., default python3). Results go to $OUT or
# ./results; a section can be run again alone. BUILD=... is the build folder, JOBS=... the compile jobs, BATCH=... the images of a layer.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=${OUT:-$PWD/results}
build=${BUILD:-$root/build/bench-gpu}
python=${PYTHON:-python3}
batch=${BATCH:-128}
bench=$build/octo_bench
limit=${LIMIT:-290} # seconds a call
mkdir -p "$out"

# Each group of 'time' and 'peers' is a call. Names match octo_bench's --filter; what the paper trains with is bf16.
groups=(
  'conv_forward_narrow      ^grouped_conv\.forward bf16 .* G32 3x3'
  'conv_data                ^grouped_conv\.backward_data bf16 .* G32 3x3'
  'conv_weight              ^grouped_conv\.backward_weight bf16 .* G32 3x3'
  'conv_fused               ^grouped_conv\.forward_fused bf16 .* G32 3x3'
  'conv_1x1_forward         ^grouped_conv\.forward bf16 .* G1 1x1'
  'conv_1x1_data            ^grouped_conv\.backward_data bf16 .* G1 1x1'
  'conv_1x1_weight          ^grouped_conv\.backward_weight bf16 .* G1 1x1'
  'conv_1x1_fused           ^grouped_conv\.forward_fused bf16 .* G1 1x1'
  'conv_stem                ^grouped_conv\..* bf16 .* 7x7'
  'heads                    ^linear.* bf16 '
  'losses                   _cross_entropy\..* bf16 B256 '
  'batch_norm               ^batch_norm\..* bf16 '
  'elementwise              ^(relu|add|convert|max_pool|global_average_pool)\..* bf16 '
  'sgd                      ^sgd\.'
)

passed=0 failed=0 skipped=0 trouble=()

# section NAME COMMAND...: a log file, the counts of its last line.
section() {
  local name=$1 start=$SECONDS status=0 line
  shift
  printf '== %s\n' "$name"
  timeout --kill-after=10 "$limit" "$@" >"$out/$name.log" 2>&1 || status=$?
  line=$(grep -oE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$out/$name.log" | tail -n 1)
  if [[ -n $line ]]; then
    read -r -a numbers <<<"${line//[^0-9 ]/}"
    passed=$((passed + numbers[0])) failed=$((failed + numbers[1])) skipped=$((skipped + numbers[2]))
  fi
  if ((status != 0)); then
    trouble+=("$name: exit code $status ($out/$name.log)")
    [[ -n $line ]] || failed=$((failed + 1))
    grep -E '^FAILED|error' "$out/$name.log" | head -n 20
    tail -n 5 "$out/$name.log"
  fi
  printf '   %s, %d s\n' "${line:-done}" $((SECONDS - start))
}

architecture() { nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d . | sed 's/^90$/90a/'; }

do_build() {
  local here
  here=$(architecture)
  # For this GPU alone: four architectures take four times as long.
  limit=590 section build bash -c "cmake -S '$root/bench/cuda' -B '$build' -DOCT_CUDA=ON ${here:+-DCMAKE_CUDA_ARCHITECTURES=$here-real} &&
    cmake --build '$build' --target octo_bench --parallel ${JOBS:-$(nproc)}"
}

do_vectors() {
  section vectors-write "$bench" --section vectors --device cuda:0 --write "$out/vectors"
  # The emulator against what this GPU said; then this GPU against what was committed.
  section vectors-emulator "$bench" --section vectors --device emulated --check "$out/vectors"
  section vectors-committed "$bench" --section vectors --device cuda:0 --check "$root/cuda/vectors"
  [[ ! -d $out/vectors ]] || tar -C "$out" -czf "$out/vectors.tar.gz" vectors
}

do_check() {
  section check-test "$bench" --section check --device cuda:0 --shapes test
  local dtype
  for dtype in bf16 f32; do
    section "check-layer-conv-forward-$dtype" "$bench" --section check --device cuda:0 --shapes layer --seeds 1 --filter "^grouped_conv\.forward.* $dtype .*(G32 3x3|7x7)"
    section "check-layer-conv-backward-$dtype" "$bench" --section check --device cuda:0 --shapes layer --seeds 1 --filter "^grouped_conv\.backward.* $dtype .*(G32 3x3|7x7)"
    section "check-layer-1x1-$dtype" "$bench" --section check --device cuda:0 --shapes layer --seeds 1 --filter "^grouped_conv\..* $dtype .*G1 1x1"
    section "check-layer-rest-$dtype" "$bench" --section check --device cuda:0 --shapes layer --seeds 1 --filter "^[^g].* $dtype |^global.* $dtype "
  done
}

do_sanitize() { section sanitize "$bench" --section sanitize --device cuda:0; }

do_time() {
  local name filter
  for group in "${groups[@]}"; do
    read -r name filter <<<"$group"
    section "time-$name" "$bench" --section time --device cuda:0 --batch "$batch" --filter "$filter" --json "$out/time-$name.json"
  done
}

do_peers() {
  local name filter
  for group in "${groups[@]}"; do
    read -r name filter <<<"$group"
    "$bench" --section list --batch "$batch" --filter "$filter" --json "$out/tasks.json" >/dev/null || continue
    section "peers-$name" "$python" "$root/bench/cuda/peers.py" --tasks "$out/tasks.json" --json "$out/peers-$name.json"
  done
}

do_table() {
  local device date files=()
  mapfile -t files < <(find "$out" -maxdepth 1 \( -name 'time-*.json' -o -name 'peers-*.json' \) | sort)
  ((${#files[@]} > 0)) || { trouble+=('table: nothing was timed'); return; }
  device=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1 | tr 'A-Z ' 'a-z-')
  date=$(date -u +%Y-%m-%d)
  section table "$bench" --section table --markdown "$out/table.md" "${files[@]}"
  printf '   %s: keep it as bench/results/%s/%s.md\n' "$out/table.md" "${device:-device}" "$date"
}

sections=("$@")
((${#sections[@]} > 0)) || sections=(build vectors check sanitize time peers table)
nvidia-smi >"$out/nvidia-smi.txt" 2>&1 || printf 'note: nvidia-smi does not run here\n'
for name in "${sections[@]}"; do
  case $name in
    build | vectors | check | sanitize | time | peers | table) "do_$name" ;;
    *) printf 'run.sh: there is no section %s; build, vectors, check, sanitize, time, peers, table\n' "$name" >&2 && exit 2 ;;
  esac
done
((${#trouble[@]} == 0)) || printf 'trouble: %s\n' "${trouble[@]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0 && ${#trouble[@]} == 0))
