#!/usr/bin/env bash
# Holds the compiled kernels to cuda/budget.txt. BUILD is a folder of `cmake -S cuda`, with octothorpe_cuda built by nvcc.
#
#   cuda/budget.sh check BUILD          no spill, no stack frame; registers and static shared memory within the budget; every kernel listed
#   cuda/budget.sh instructions BUILD   the PTX of every kernel for sm_90a holds the instructions that its line names
#   cuda/budget.sh write BUILD          rewrites the numbers, keeps the names of instructions; read the difference before you commit it
#   cuda/budget.sh table BUILD          a Markdown table
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
budget=$root/cuda/budget.txt
architectures='sm_80 sm_90a sm_100 sm_120'

# kernel architecture registers shared-bytes stack-bytes spill-bytes, one line per kernel and architecture.
measured() {
  find "$1" -name '*.ptxas' -exec cat {} + | awk '
    /Compiling entry function/ { split($0, q, "\x27"); kernel = q[2]; architecture = q[4] }
    /bytes stack frame/ { stack = $1; spill = 0; for (i = 1; i < NF; i++) if ($(i + 2) == "spill") spill += $i }
    /Used [0-9]+ registers/ {
      shared = 0
      for (i = 1; i <= NF; i++) { if ($i == "Used") registers = $(i + 1); if ($(i + 2) ~ /^smem/) shared = $i }
      print kernel, architecture, registers, shared, stack + 0, spill + 0
    }' | c++filt | simple_names | sort
}

# The name without result, namespaces and parameters, blanks out: grouped_conv_forward_packed<4,1>.
simple_names() {
  awk '{
    architecture = $(NF - 4) " " $(NF - 3) " " $(NF - 2) " " $(NF - 1) " " $NF
    name = substr($0, 1, length($0) - length(architecture) - 1)
    print simple(name), architecture
  }
  function simple(name,   depth, i, c, cut) {
    gsub(/\(anonymous namespace\)::/, "", name)
    gsub(/oct::cuda::/, "", name)
    gsub(/gpu::/, "", name)
    gsub(/__nv_bfloat16/, "bf16", name)
    gsub(/\((int|bool|unsigned int|long)\)/, "", name)
    sub(/^void /, "", name)
    depth = 0; cut = length(name) + 1
    for (i = 1; i <= length(name); i++) {
      c = substr(name, i, 1)
      if (c == "<") depth++
      if (c == ">") depth--
      if (c == "(" && depth == 0) { cut = i; break }
    }
    name = substr(name, 1, cut - 1)
    gsub(/ /, "", name)
    return name
  }'
}

lines() { grep -vE '^ *(#|$)' "$budget"; }

check() {
  measured "$1" | awk -v architectures="$architectures" '
    BEGIN { n = split(architectures, columns, " ") }
    NR == FNR { if ($0 !~ /^ *(#|$)/) { listed[$1] = 1; for (i = 1; i <= n; i++) limit[$1, columns[i]] = $(i + 1); shared[$1] = $(n + 2) } next }
    {
      kernels[$1] = 1; measured++
      if ($5 + $6 > 0) { print $1 " on " $2 ": " $5 " bytes of stack, " $6 " bytes of spills; none are allowed"; bad = 1 }
      if (!($1 in listed)) { if (!($1 in reported)) print $1 " is not in cuda/budget.txt: cuda/budget.sh write"; reported[$1] = bad = 1; next }
      if ($3 > limit[$1, $2]) { print $1 " on " $2 ": " $3 " registers; the budget is " limit[$1, $2]; bad = 1 }
      if ($4 > shared[$1]) { print $1 " on " $2 ": " $4 " bytes of shared memory; the budget is " shared[$1]; bad = 1 }
    }
    END {
      for (kernel in listed) if (!(kernel in kernels)) { print kernel " is in cuda/budget.txt, but no such kernel was built"; bad = 1 }
      print measured + 0 " kernels and architectures measured"
      exit bad || measured == 0
    }' "$budget" -
}

# kernel mma wgmma ldmatrix wide: how many of each its PTX holds. wide: accesses of global memory of 16 bytes, cp.async and bulk copies too.
instructions_of() {
  local source folder
  folder=$(mktemp -d)
  for source in "$root"/cuda/src/*/*.cu; do
    nvcc -std=c++20 -O3 -gencode arch=compute_90a,code=compute_90a -I"$root/cuda/src" -I"$root/cuda/include" -I"$root/native/include" --ptx -o "$folder/$(basename "$source" .cu).ptx" "$source" &
    while (($(jobs -r | wc -l) >= ${OCTOTHORPE_JOBS:-2})); do wait -n; done
  done
  wait
  cat "$folder"/*.ptx | awk '
    # A kernel ends where the next begins: braces of inline PTX stand at the beginning of a line too.
    function print_counts() { if (kernel != "") print kernel, mma, wgmma, ldmatrix, wide, 0 }
    /^[ \t]*(\.visible |\.weak )?\.entry/ { print_counts(); match($0, /entry [A-Za-z0-9_$]+/); kernel = substr($0, RSTART + 6, RLENGTH - 6); mma = wgmma = ldmatrix = wide = 0 }
    /mma\.sync/ { mma++ }
    /wgmma\.mma_async/ { wgmma++ }
    /ldmatrix\.sync/ { ldmatrix++ }
    /(ld|st)\.global[a-z0-9_.:L]*\.v4\.(u32|b32|f32)|(ld|st)\.global[a-z0-9_.:L]*\.v2\.(u64|b64|f64)|cp\.async\.cg\.shared\.global|cp\.async\.bulk/ { wide++ }
    END { print_counts() }' | c++filt | simple_names | awk '{ print $1, $2, $3, $4, $5 }' | sort
  rm -rf "$folder"
}

instructions() {
  instructions_of | awk '
    NR == FNR { if ($0 !~ /^ *(#|$)/) for (i = 7; i <= NF; i++) needs[$1] = needs[$1] " " $i; next }
    {
      have["mma"] = $2; have["wgmma"] = $3; have["ldmatrix"] = $4; have["wide"] = $5
      n = split(needs[$1], wanted, " ")
      for (i = 1; i <= n; i++) {
        if (!(wanted[i] in have)) { print $1 " needs \x27" wanted[i] "\x27, which is none of mma, wgmma, ldmatrix, wide"; bad = 1 }
        else if (have[wanted[i]] == 0) { print $1 " holds no " wanted[i]; bad = 1 } else found++
      }
    }
    END { print found + 0 " needs met"; exit bad || found == 0 }' "$budget" -
}

write() {
  local new=$budget.new
  {
    grep -E '^ *#' "$budget" || true
    measured "$1" | awk -v architectures="$architectures" '
      BEGIN { n = split(architectures, columns, " ") }
      NR == FNR { if ($0 !~ /^ *(#|$)/) for (i = n + 3; i <= NF; i++) needs[$1] = needs[$1] " " $i; next }
      { order[$1] = 1; registers[$1, $2] = $3; if ($4 + 0 > shared[$1] + 0) shared[$1] = $4 }
      END {
        for (kernel in order) {
          line = sprintf("%-72s", kernel)
          for (i = 1; i <= n; i++) line = line sprintf(" %5d", registers[kernel, columns[i]])
          print line sprintf(" %6d", shared[kernel]) " " needs[kernel]
        }
      }' "$budget" - | sed 's/ *$//' | sort
  } >"$new"
  mv "$new" "$budget"
}

table() {
  echo '| kernel | registers sm_80 / 90a / 100 / 120 | static shared memory, bytes |'
  echo '|---|---|---|'
  lines | awk '{ print "| `" $1 "` | " $2 " / " $3 " / " $4 " / " $5 " | " $6 " |" }'
}

case ${1-} in
  check | instructions | write | table) "$1" "${2:?name the build folder}" ;;
  *)
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
