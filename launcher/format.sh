# Formatting: google-java-format through Spotless, and clang-format.

clang_format_major=14 # Debian 12's; other versions break lines elsewhere

# Sets clang_format, or returns 1.
find_clang_format() {
  for clang_format in clang-format-$clang_format_major clang-format; do
    [[ $(first_line "$clang_format" --version) =~ version\ $clang_format_major\. ]] && return
  done
  return 1
}

cpp_sources() { find "$root/native" "$root/tests/native" \( -name '*.cpp' -o -name '*.cc' -o -name '*.h' \) -print0; }

check_java_format() { maven spotless:check; }
check_cpp_format() { cpp_sources | xargs -0 "$clang_format" --dry-run -Werror; }

format_sources() {
  find_prerequisites build
  find_maven
  stage 'formatting Java' format.log maven spotless:apply
  find_clang_format || { missing=("clang-format-$clang_format_major") && install_missing && find_clang_format; } ||
    fail "no clang-format $clang_format_major; the C++ sources are as they were"
  stage 'formatting C++' format.log format_cpp
}
format_cpp() { cpp_sources | xargs -0 "$clang_format" -i; }
