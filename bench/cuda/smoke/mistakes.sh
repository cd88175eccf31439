# What must not be green, and what must not be lost: faults, mistakes, interruptions. Sourced by smoke.sh, whose functions it uses.

# refused NAME CODE COMMAND...: must end with that exit code; what it says is in NAME.log.
refused() {
  local name=$1 code=$2 status=0
  shift 2
  "$@" >"$build/$name.log" 2>&1 || status=$?
  holds "$name: exit code $status, expected $code ($build/$name.log)" test "$status" -eq "$code"
}

# holds SAYING COMMAND...: counts whether the command is content; the saying is of a failure.
holds() {
  local saying=$1
  shift
  if "$@"; then
    add 1 0 0
  else
    printf 'FAILED: %s\n' "$saying"
    add 0 1 0
  fi
}

with_fault() { env LD_PRELOAD="$build/lib/libocto_bench_faults.so" OCT_FAULT="$1" "${@:2}"; }

test_faults() {
  local relu=("$bench" --section check --device emulated --seeds 1 --filter '^relu\.forward f32 ') name
  # A task has two allocations and its reference two: the fifth is of the second task.
  refused fault-once 1 with_fault once:5 "${relu[@]}"
  expect 'the task whose allocation failed is named' '^FAILED: relu\.forward f32 N1 1x1 C3: ' "$build/fault-once.log"
  expect 'a failed allocation ends its task alone' '^[1-9][0-9]* passed, 1 failed, 0 skipped$' "$build/fault-once.log"
  refused fault-lost 1 with_fault from:5 "${relu[@]}"
  expect 'a lost device is found' '^FAILED: the device is lost after relu\.forward f32 N1 1x1 C3' "$build/fault-lost.log"
  expect 'what was not run is counted' '^skipped: check: [0-9]+ tasks not run: the device is lost' "$build/fault-lost.log"
  expect 'a lost device leaves counts' '^1 passed, 2 failed, 1 skipped$' "$build/fault-lost.log"
  refused fault-lost-time 1 with_fault from:3 "$bench" --section time --device emulated --filter '^relu\.forward f32 '
  expect 'a lost device is found by time' '^FAILED: the device is lost after relu\.forward f32 ' "$build/fault-lost-time.log"
  refused fault-hang 124 timeout 3 env LD_PRELOAD="$build/lib/libocto_bench_faults.so" OCT_FAULT=hang:5 "${relu[@]}"
  expect 'the log names the task that hung' '^relu\.forward f32 N1 1x1 C3$' "$build/fault-hang.log"
  rm -rf "$build/hung"
  refused fault-hang-vectors 124 timeout 5 env LD_PRELOAD="$build/lib/libocto_bench_faults.so" OCT_FAULT=probe:mma_bf16 \
    "$bench" --section vectors --device emulated --write "$build/hung" --filter 'functions|mma_bf16'
  expect 'the log names the probe that hung' '^vectors mma_bf16\.' "$build/fault-hang-vectors.log"
  expect 'wrappers before the one that hung are kept' '^checksum ' "$build/hung/functions.txt"
}

test_nothing_to_do() {
  local section
  for section in check time list; do
    refused "none-$section" 1 "$bench" --section "$section" --device emulated --filter '^no_such_operation'
    expect "$section says that nothing matched" "^FAILED: $section: no task matches: --filter is '\^no_such_operation'" "$build/none-$section.log"
  done
  for section in check time; do
    refused "none-variant-$section" 1 "$bench" --section "$section" --device emulated --filter '^relu\.forward f32 N1 1x1 C1$' --variant nobody
    expect "$section says that no variant matched" "no variant of 1 tasks matches --variant 'nobody'" "$build/none-variant-$section.log"
  done
  refused no-minutes 1 "$bench" --section check --device emulated --filter '^relu\.forward f32 N1 1x1 C1$' --minutes 0
  refused none-allowed 0 "$bench" --section check --device emulated --filter '^no_such_operation' --allow-none
  for section in 0 1.5 1001 x; do
    refused "seeds-$section" 2 "$bench" --section check --device emulated --seeds "$section"
    expect "--seeds $section" "--seeds is '$section', but must be an integer in \[1,1000\]" "$build/seeds-$section.log"
  done
  refused none-vectors 1 "$bench" --section vectors --device emulated --check "$build/absent"
  refused none-probe 1 "$bench" --section vectors --device emulated --write "$build/absent" --filter '^nothing'
  refused tool 2 "$bench" --section sanitize --device emulated --tool lint
  refused one-tool 0 "$bench" --section sanitize --device emulated --tool racecheck
  expect 'one tool is run alone' '^0 passed, 0 failed, 1 skipped$' "$build/one-tool.log"
}

test_shapes() {
  local folder=$build/shapes problem
  rm -rf "$folder" && mkdir -p "$folder" && cp "$root"/tests/shapes/*.txt "$folder"
  printf 'test 1 4\ntest 1 4 x 8\ntest -1 4 4 8\ntest 0 4 4 8\ntets 1 4 4 8\n' >"$folder/relu.txt"
  printf 'test 3\n' >"$folder/softmax_cross_entropy.txt"
  rm "$folder/sgd.txt"
  refused shapes 1 env OCT_SHAPES="$folder" "$bench" --section check --device emulated --seeds 1 --filter '^add\.forward f32 N1 1x1 C1$'
  for problem in 'relu.txt: line 1: 2 numbers, but there must be 4: N H W C' "relu.txt: line 2: W is 'x', but must be an integer of at least 1 " \
    "relu.txt: line 3: N is '-1', but" "relu.txt: line 4: N is '0', but" "relu.txt: line 5: the first word is 'tets', but must be test or layer" \
    'softmax_cross_entropy.txt: line 1: 1 numbers, but there must be 3: B V k' 'cannot read .*sgd.txt'; do
    expect 'a wrong line is named' "^FAILED: .*$problem" "$build/shapes.log"
  done
  expect 'wrong lines leave the others' '^1 passed, 7 failed, 0 skipped$' "$build/shapes.log"
}

test_files() {
  ln -f "$build/tasks.json" "$build/tasks.old"
  "$bench" --section list --filter '^softmax' --json "$build/tasks.json" >/dev/null
  holds 'a JSON file was overwritten in place' test ! "$build/tasks.json" -ef "$build/tasks.old"
  printf '{"format": "octothorpe-bench 1", "rec' >"$build/broken.json"
  refused table-broken 1 "$bench" --section table --markdown "$build/table-broken.md" "$build/broken.json" "$build/time.json"
  expect 'a table names the file that it cannot read' '^FAILED: table without one file: .*broken\.json: JSON, byte ' "$build/table-broken.log"
  expect 'a table has the other files' '^\| relu.forward bf16 ' "$build/table-broken.md"
}

# Every task is in exactly one group of 'time', and its operation in one of 'check'.
test_groups() {
  local kind name filter pass
  "$bench" --section list --json "$build/all.json" | grep -E '^[a-z_0-9]+\.' | sort >"$build/all.txt"
  : >"$build/grouped.txt" && : >"$build/checked.txt"
  while read -r kind name filter; do
    if [[ $kind == time ]]; then
      "$bench" --section list --filter "$filter" --json "$build/group.json" | grep -E '^[a-z_0-9]+\.' >>"$build/grouped.txt"
    else
      grep -E -- "$filter" "$build/all.txt" >>"$build/checked.txt"
    fi
  done < <("$root/bench/cuda/run.sh" --groups)
  holds 'there are no tasks' test "$(wc -l <"$build/all.txt")" -gt 100
  for name in grouped checked; do
    sort "$build/$name.txt" | diff "$build/all.txt" - >"$build/$name.diff" || head -n 5 "$build/$name.diff"
    holds "a task is in no group of run.sh or in two ($build/$name.diff)" test ! -s "$build/$name.diff"
  done
}

test_run() {
  local run=$root/bench/cuda/run.sh slow=$build/slow
  rm -rf "$build/rehearsal" "$slow" && mkdir -p "$slow"
  refused run-help 0 env OUT="$build/rehearsal" "$run" --help
  refused run-unknown 2 env OUT="$build/rehearsal" "$run" time tabel
  holds 'run.sh made a folder for --help or a wrong section' test ! -e "$build/rehearsal"
  # shellcheck disable=SC2016  # for the script
  printf '#!/bin/sh\ncase "$*" in *list*) exit 3 ;; esac\nsleep 20\n' >"$slow/octo_bench" && chmod +x "$slow/octo_bench"
  refused run-slow 1 env OUT="$slow" BUILD="$slow" LIMIT=1 ONLY='-sgd$' "$run" time peers
  expect 'run.sh names a time-out' '^   timed out after 1 s, ' "$build/run-slow.log"
  expect 'run.sh names a list that failed' '^trouble: peers-sgd: the list of its tasks failed' "$build/run-slow.log"
  refused rehearsal 0 env DEVICE=emulated OUT="$build/rehearsal" BUILD="$build" \
    ONLY='^(vectors-committed|check-test-relu|sanitize-.*|time-(sgd|conv_stem)|peers-sgd|table)$' "$run" vectors check sanitize time peers table
  expect 'each tool of compute-sanitizer is a call' '^== sanitize-initcheck$' "$build/rehearsal.log"
  [[ -d $root/cuda/vectors ]] || expect 'vectors that were never committed are a skip' '^   skipped: cuda/vectors is not there' "$build/rehearsal.log"
}

test_peers() {
  part peers-alone python3 "$root/bench/cuda/smoke/peers_test.py"
  holds 'bench/cuda/__pycache__ was made' test ! -e "$root/bench/cuda/__pycache__"
}
