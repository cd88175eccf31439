# Counting: what ctest, GoogleTest and Surefire reported becomes the totals of ./octothorpe test.

passed=0 failed=0 skipped=0
failures=() skips=() times=()

count() { # PASSED FAILED SKIPPED
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# check NAME LOG COMMAND...: a stage that counts as one test.
check() {
  if attempt "$@"; then
    count 1 0 0
  else
    count 0 1 0
    failures+=("$1 (${build#"$PWD"/}/$2)")
    show_failure "$build/$2" 60
    return 1
  fi
}

skip() { # NAME REASON
  count 0 0 1
  skips+=("$1: $2")
}

# count_ctest LOG: a verbose log of ctest. Cases of GoogleTest count one by one, other tests as one.
count_ctest() {
  # shellcheck disable=SC2046  # three words on purpose
  count $(awk '
    match($0, /^[0-9]+: /)                       { id = substr($0, 1, RLENGTH - 2); text = substr($0, RLENGTH + 1) }
    text ~ /^\[  PASSED  \] [0-9]+ test/         { passed += number(text); cases[id] = 1 }
    text ~ /^\[  SKIPPED \] [0-9]+ test/         { skipped += number(text); cases[id] = 1 }
    text ~ /^\[  FAILED  \] [0-9]+ test/         { failed += number(text); bad[id] = 1 }
    { text = "" }
    match($0, /^ *[0-9]+\/[0-9]+ Test +#[0-9]+:/) { id = $0; sub(/^[^#]*#/, "", id); sub(/:.*/, "", id)
                                                   if ($0 ~ / Passed +[0-9.]+ sec/) { if (!(id in cases)) passed++ }
                                                   else if ($0 ~ /\*\*\*Skipped/) skipped++
                                                   else if (!(id in bad)) failed++ }
    function number(s) { gsub(/^\[[^]]*\] /, "", s); return s + 0 }
    END { print passed + 0, failed + 0, skipped + 0 }' "$1")
  local line
  while IFS= read -r line; do skips+=("native: $line"); done < <(grep -A 1 -E '^[0-9]+: .*: Skipped$' "$1" | grep -vE ': Skipped$|^--$' | sed 's/^[0-9]*: //' | sort | uniq -c | sed 's/^ *\([0-9]*\) /\1 x /')
  while IFS= read -r line; do failures+=("native: $line"); done < <(grep -E '^ *[0-9]+/[0-9]+ Test .*\*\*\*' "$1" | grep -v 'Skipped' | sed 's/^.*#[0-9]*: //')
}

# count_surefire FOLDER...: the XML reports of every module.
count_surefire() {
  local files=() report line
  mapfile -t files < <(find "$@" -path '*/surefire-reports/TEST-*.xml' | sort)
  ((${#files[@]} > 0)) || return 0
  # shellcheck disable=SC2046  # three words on purpose
  count $(cat "${files[@]}" | tr '\n' ' ' | grep -oE '<testsuite [^>]*>' | awk '
    { tests += value("tests"); bad += value("errors") + value("failures"); skipped += value("skipped") }
    function value(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) + 0 : 0 }
    END { print tests - bad - skipped, bad + 0, skipped + 0 }')
  for report in "${files[@]}"; do
    while IFS= read -r line; do skips+=("$line"); done < <(cases_with skipped "$report")
    while IFS= read -r line; do failures+=("$line"); done < <(cases_with failure "$report"; cases_with error "$report")
  done
}

# Class.method: message, for every case of a report that holds the element $1. The message is an attribute or the first line of the text.
cases_with() {
  awk -v RS='<testcase ' -v element="<$1[ >]" '
    function attribute(text, name) {
      return match(text, "(^| )" name "=\"[^\"]*\"") ? substr(text, RSTART + length(name) + 2 + (RSTART > 1), RLENGTH - length(name) - 3 - (RSTART > 1)) : ""
    }
    NR > 1 && match($0, element) {
      body = substr($0, RSTART)
      head = substr(body, 1, index(body, ">"))
      message = attribute(head, "message")
      if (message == "") {
        message = substr(body, length(head) + 1)
        sub(/\n.*/, "", message)
        sub(/^<!\[CDATA\[/, "", message)
        sub(/^[a-zA-Z0-9_.$]+: /, "", message)
      }
      gsub(/&quot;/, "\"", message); gsub(/&lt;/, "<", message); gsub(/&gt;/, ">", message); gsub(/&#10;/, " ", message); gsub(/&amp;/, "\\&", message)
      print attribute($0, "classname") "." attribute($0, "name") ": " message
    }' "$2" | cut -c 1-300
}

summary() {
  local line
  if ((${#skips[@]} > 0)); then
    printf '\nSkipped:\n'
    printf '%s\n' "${skips[@]}" | awk '!seen[$0]++' | sed 's/^/  /'
  fi
  if ((${#failures[@]} > 0)); then
    printf '\nFailed:\n'
    printf '  %s\n' "${failures[@]}"
  fi
  line=$(printf ', %s' "${times[@]}")
  printf '\nTests took %d min %d s: %s.\n' $((SECONDS / 60)) $((SECONDS % 60)) "${line:2}"
  printf 'Total: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
}
