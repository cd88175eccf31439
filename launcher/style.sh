# Style that no compiler checks: formatting, Javadoc, names, sizes, and the one stem of every operation.

clang_format_major=14 # Debian 12's; other versions break lines elsewhere
longest_file=500      # lines

# Sets clang_format, or returns 1.
find_clang_format() {
  for clang_format in clang-format-$clang_format_major clang-format; do
    [[ $(first_line "$clang_format" --version) =~ version\ $clang_format_major\. ]] && return
  done
  return 1
}

cpp_sources() { find "$root/native" "$root/tests/native" "$root/bench/native" \( -name '*.cpp' -o -name '*.cc' -o -name '*.h' \) -print0; }

check_java_format() { maven --fail-at-end spotless:check; }
check_java_style() { maven --fail-at-end checkstyle:check; }
check_cpp_format() { cpp_sources | xargs -0 "$clang_format" --dry-run -Werror; }

check_sizes() {
  local file lines status=0
  while IFS= read -r file; do
    lines=$(wc -l <"$file")
    ((lines <= longest_file)) || { echo "${file#"$root"/} has $lines lines; $longest_file is the most" && status=1; }
  done < <(cpp_sources | tr '\0' '\n'; find "$root/launcher" "$root/cmake" "$root"/java/*/src "$root"/tests/*/src -type f \( -name '*.sh' -o -name '*.cmake' -o -name '*.java' \))
  return "$status"
}

# GroupedConv for grouped_conv.
class_name() { sed -E 's/(^|_)([a-z])/\u\2/g' <<<"$1"; }

# Every operation of the contract has its dispatcher, its kernel, its Java class, its tests and its shapes.
check_siblings() {
  local header op file status=0
  for header in "$root"/native/include/octothorpe/*.h; do
    op=${header##*/} op=${op%.h}
    case $op in types | context | device_table | jpeg) continue ;; esac
    for file in "native/src/$op.cpp" "native/src/cpu/$op.cpp" "java/core/src/main/java/org/octothorpe/ops/$(class_name "$op").java" \
      "tests/native/${op}_test.cpp" "tests/conformance/src/test/java/org/octothorpe/conformance/$(class_name "$op")Test.java" "tests/shapes/$op.txt"; do
      [[ -f $root/$file ]] || { echo "$op: no $file" && status=1; }
    done
  done
  return "$status"
}

format_sources() {
  find_prerequisites build
  find_maven
  stage 'formatting Java' format.log maven spotless:apply
  find_clang_format || { missing=("clang-format-$clang_format_major") && install_missing && find_clang_format; } ||
    fail "no clang-format $clang_format_major; the C++ sources are as they were"
  stage 'formatting C++' format.log format_cpp
}
format_cpp() { cpp_sources | xargs -0 "$clang_format" -i; }
