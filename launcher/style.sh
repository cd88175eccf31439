# Style that no compiler checks: formatting, Javadoc, names and sizes.

clang_format_major=14 # Debian 12's; other versions break lines elsewhere
longest_file=500      # lines

# Sets clang_format, or returns 1.
find_clang_format() {
  for clang_format in clang-format-$clang_format_major clang-format; do
    [[ $(first_line "$clang_format" --version) =~ version\ $clang_format_major\. ]] && return
  done
  return 1
}

cpp_sources() { find "$root/native" "$root/cuda" "$root"/tests/{native,cuda,emulator} "$root"/bench/{native,cuda} \
  \( -name '*.cpp' -o -name '*.cc' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' \) -print0; }

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

format_sources() {
  find_prerequisites build
  find_maven
  stage 'formatting Java' format.log maven spotless:apply
  find_clang_format || { missing=("clang-format-$clang_format_major") && install_missing && find_clang_format; } ||
    fail "no clang-format $clang_format_major; the C++ sources are as they were"
  stage 'formatting C++' format.log format_cpp
}
format_cpp() { cpp_sources | xargs -0 "$clang_format" -i; }
