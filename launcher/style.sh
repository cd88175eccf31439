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

cpp_sources() { find "$root/native" "$root/cuda" "$root"/tests/{contract,native,emulator} "$root"/bench/{native,cuda} \
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

# The dialect that this project once had: "a" for "per", "is no X", "gradient by", British spellings, code that believes. Names of the
# outside world are spelled as there.
check_prose() {
  local things='label|byte|image|row|channel|kernel|thread|value|block|warp|element|register|word|line|column|tag|flop|task'
  local wholes='image|group|row|step|channel|warp|block|second|thread|epoch|pixel|element|class|layer|line|operation|stage|tag|kernel|pass|parameter|run|task|value|batch|processor|lane|plane|tile'
  local status=0
  prose_files | without "\b($things)s? an? ($wholes)\b" 'write "per image", "one block per row"' || status=1
  prose_files | without '(^|[^e]) (is|are|was|were) no [a-z]+' 'write "is not a directory"' '[Tt]here (is|are|was|were) no |(is|are) no (longer|more|less|such|better|worse|faster|slower|larger|smaller|wider|use|need|part) ' || status=1
  prose_files | without 'gradients? by (the|x|y|weight)|Returns if |_AN?_(IMAGE|GROUP|ROW)|[a-z](AnImage|AGroup|ARow)\b|\b(believes)\b|Makes no garbage|\(unverified\)' 'write "with respect to", "Throws unless", "per image"' || status=1
  prose_files | without '[Nn]ormalis|[Ii]nitialis|[Oo]ptimis|[Ss]ynchronis|[Ss]erialis|[Rr]ecognis|[Cc]olour|[Nn]eighbour|[Bb]ehaviour|[Cc]entre[sd]?\b' 'write American English' || status=1
  return "$status"
}
prose_files() {
  (cd "$root" && find . -type d \( -name target -o -name build -o -name .git \) -prune -o -type f \( -name '*.java' -o -name '*.cpp' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' \
    -o -name '*.md' -o -name '*.sh' -o -name '*.py' -o -name '*.cmake' \) ! -name style.sh ! -path './bench/results/*' -print0)
}
# without PATTERN ADVICE [EXCEPT]: prints the lines of the files on its input that hold the pattern; fails if there are any.
without() {
  local found
  found=$(cd "$root" && xargs -0 grep -nE "$1" | grep -vE "${3:-^$}" || true)
  [[ -z $found ]] || { printf '%s\n' "$found" | cut -c 1-180; echo "$2"; return 1; }
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
