# ./octothorpe new-op NAME [--passes A,B] [--room FOLDER]: the files of a new operation, with blanks to fill in, and its lines in the lists.
# Every blank is marked FILL IN and fails: the checks and kernels are OCT_UNSUPPORTED, the tests say what they lack.

source "$root/launcher/new_op_native.sh"
source "$root/launcher/new_op_java.sh"

explain_new_op() {
  cat <<'HELP'
Usage: ./octothorpe new-op NAME [--passes PASS,PASS...] [--room FOLDER]    writes the files of a new operation, with blanks to fill in

  ./octothorpe new-op gelu                                        one function, gelu
  ./octothorpe new-op group_norm --passes forward,backward        group_norm_forward and group_norm_backward, and a node of the graph
  ./octothorpe new-op group_norm --passes forward,backward --room batch_norm
                                                                  the CUDA kernels in cuda/src/batch_norm; without: cuda/src/group_norm

NAME and passes are snake_case. Nothing is overwritten: a name that exists is refused. CONTRIBUTING.md says how to fill in what was written.
HELP
}

new_op_usage() {
  say "$@" >&2
  say "try './octothorpe new-op --help'" >&2
  exit 2
}

# Sets stem, passes (of the functions; one empty one without --passes), room, camel, method.
read_new_op_arguments() {
  local word=${1-} list='' name
  stem=$word
  room=$word
  shift
  while (($# > 0)); do
    case $1 in
      --passes) list=${2-} && [[ -n $list ]] || new_op_usage '--passes names no pass' ;;
      --room) room=${2-} ;;
      *) new_op_usage "unknown argument '$1'" ;;
    esac
    shift 2 || new_op_usage "$1 needs a value"
  done
  IFS=, read -ra passes <<<"$list"
  ((${#passes[@]} > 0)) || passes=('')
  for name in "$stem" "$room" ${list//,/ }; do
    [[ $name =~ ^[a-z][a-z0-9]*(_[a-z0-9]+)*$ ]] || new_op_usage "'$name' is not snake_case, as in group_norm"
  done
  [[ $(printf '%s\n' "${passes[@]}" | sort | uniq -d) == '' ]] || new_op_usage "--passes is '$list', but must name each pass once"
  [[ ! $word =~ ^(and|assert|auto|bool|break|byte|case|catch|char|class|compl|concept|const|continue|default|delete|do|double|else|enum|explicit|export|extends|extern|final|finally|float|for|friend|goto|if|implements|import|inline|instanceof|int|interface|long|mutable|namespace|native|new|not|operator|or|package|private|protected|public|register|requires|return|short|signed|sizeof|static|struct|super|switch|template|this|throw|throws|try|typedef|typename|union|unsigned|using|virtual|void|volatile|while|xor)$ ]] ||
    new_op_usage "'$word' is a word of C++ or Java"
  camel=$(sed -E 's/(^|_)([a-z0-9])/\U\2/g' <<<"$stem")
  method=${camel,}
}

# The C function of a pass, what it reads and what it writes; the method in Java.
describe_pass() {
  function=$stem${1:+_$1}
  java_pass=$(sed -E 's/_([a-z0-9])/\U\1/g' <<<"${1:-forward}")
  in=x out=y
  [[ $1 != backward* ]] || in=dy out=dx
}

has_pass() { [[ " ${passes[*]} " == *" $1 "* ]]; }

new_op_files() {
  printf '%s\n' "native/include/octothorpe/$stem.h" "native/src/$stem.cpp" "native/src/cpu/$stem.cpp" "cuda/src/$room/$stem.cu" \
    "java/core/src/main/java/org/octothorpe/ops/$camel.java" "tests/contract/${stem}_test.cpp" "tests/shapes/$stem.txt" \
    "bench/src/main/java/org/octothorpe/bench/${camel}Bench.java" "docs/operations/$stem.md"
  ! { has_pass forward && has_pass backward; } || printf '%s\n' "java/core/src/main/java/org/octothorpe/graph/${camel}Node.java"
}

refuse_existing() {
  local file pass found
  while IFS= read -r file; do
    [[ ! -e $root/$file ]] || fail "'$stem' exists: $file" 'nothing was written'
  done < <(new_op_files)
  found=$(cd "$root" && compgen -G "cuda/src/*/$stem.cu") && fail "'$stem' exists: $found" 'nothing was written'
  for pass in "${passes[@]}"; do
    describe_pass "$pass"
    ! grep -q "^OCT_OPERATION($function," "$operations" || fail "'$function' exists in native/include/octothorpe/operations.h" 'nothing was written'
  done
  [[ -d $root/cuda/src/$room || $room == "$stem" ]] || fail "cuda/src has no folder '$room'" 'nothing was written'
}

# put FILE: writes standard input to a new file.
put() {
  mkdir -p "$(dirname "$root/$1")"
  cat >"$root/$1"
}

# add_line FILE PATTERN LINE: puts the line among those that match, in their alphabetical order.
add_line() {
  local file=$root/$1
  awk -v pattern="$2" -v line="$3" '
    { matches = $0 ~ pattern }
    !added && ((matches && $0 > line) || (!matches && was)) { print line; added = 1 }
    { print; was = matches }' "$file" >"$file.new"
  mv "$file.new" "$file"
}

edit_lists() {
  local pass
  add_line native/include/octothorpe/operations.h '^#include "' "#include \"$stem.h\"  // FILL IN: what it computes"
  for pass in "${passes[@]}"; do
    describe_pass "$pass"
    add_line native/include/octothorpe/operations.h '^OCT_OPERATION\(' "OCT_OPERATION($function, ALL, \"$in $out\")"
  done
  edited=(native/include/octothorpe/operations.h)
  if has_pass forward && has_pass backward; then
    write_builder && edited+=(java/core/src/main/java/org/octothorpe/graph/Graph.java)
  fi
  # Behind the last line of the newest version.
  awk -v line="* Operation \`$stem\`: FILL IN what a user can do with it." '
    /^## / { if (++version == 2) print line "\n" }
    { print }
    END { if (version < 2) print line }' "$root/CHANGELOG.md" >"$root/CHANGELOG.md.new"
  mv "$root/CHANGELOG.md.new" "$root/CHANGELOG.md"
  edited+=(CHANGELOG.md)
}

# new_op NAME [OPTIONS]
new_op() {
  case ${1-} in
    '') new_op_usage 'new-op needs the name of the operation' ;;
    -h | --help) explain_new_op && return ;;
  esac
  local operations=$root/native/include/octothorpe/operations.h stem room camel method passes function java_pass in out written edited=()
  read_new_op_arguments "$@"
  refuse_existing
  mapfile -t written < <(new_op_files)
  write_header
  write_checks
  write_cpu_kernel
  write_cuda_kernel
  write_contract_test
  write_shapes
  write_java_operation
  ! { has_pass forward && has_pass backward; } || write_node
  write_benchmark
  write_page
  edit_lists
  source "$root/launcher/style.sh"
  ! find_clang_format || (cd "$root" && "$clang_format" -i native/include/octothorpe/operations.h $(printf '%s\n' "${written[@]}" | grep -E '\.(h|cpp|cu)$'))
  report_new_op
}

report_new_op() {
  echo "Written, ${#written[@]} files:"
  printf '  %s\n' "${written[@]}"
  echo "A line each, ${#edited[@]} files:"
  printf '  %s\n' "${edited[@]}"
  local room_hint=
  [[ $room != "$stem" ]] || room_hint=" cuda/src/$room is a new room: a README.md there defines its words."
  cat <<END

Fill in, in this order; grep -rn 'FILL IN' lists the blanks, each of which fails until it is filled:
  1. The contract: native/include/octothorpe/$stem.h, its tensors in operations.h, the checks in native/src/$stem.cpp.
  2. The oracle: tests/contract/${stem}_test.cpp, in double precision, with derived tolerances; the shapes in tests/shapes/$stem.txt.
  3. native/src/cpu/$stem.cpp. Then:
       cmake -S native -B build/contract-cpu -DOCT_BUILD_TESTS=ON && cmake --build build/contract-cpu -j2 --target contract_test
       build/contract-cpu/contract/contract_test --device=cpu --gtest_filter='*$camel*:EveryOperation.*'
  4. cuda/src/$room/$stem.cu. Then:
       cmake -S cuda -B build/cuda -DOCT_CUDA=OFF -DOCT_BUILD_DEVICE_TESTS=ON && cmake --build build/cuda -j2 --target contract_test
       build/cuda/contract/contract_test --device=emulated --gtest_filter='*$camel*:EveryOperation.*'
     and, where nvcc is, the lines of the new kernels in cuda/budget.txt: cuda/budget.sh write BUILD.$room_hint
  5. Java: ops/$camel.java, the node if networks call it, ${camel}Bench.java.
       ./mvnw -pl tests/conformance -am package -Dtest=SiblingsTest -Dsurefire.failIfNoSpecifiedTests=false
  6. docs/operations/$stem.md, its line in operations.h, CHANGELOG.md; then ./octothorpe format and ./octothorpe test.
END
}
