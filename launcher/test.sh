# ./octothorpe test: every test and check, one after the other, since most fill two cores by themselves.

source "$root/launcher/counts.sh"
source "$root/launcher/style.sh"
source "$root/launcher/cuda.sh"

test_groups='style native java cuda artifacts spark'
# Not among those of a plain ./octothorpe test, which is to end in 25 minutes on two cores: it takes minutes and guards what seldom breaks.
more_groups='reproducible'

# run_tests [GROUP...]: all groups without arguments.
run_tests() {
  local group begun
  for group in "$@"; do
    [[ " $test_groups $more_groups " == *" $group "* ]] || {
      say "test group is '$group', but must be one of: $test_groups $more_groups" >&2
      exit 2
    }
  done
  mkdir -p "$build"
  exec 9>"$build/lock"
  flock -n 9 || { say 'another build of this folder runs; waiting for it'; flock 9; }
  find_prerequisites test
  find_maven
  # shellcheck disable=SC2086  # words on purpose
  if (($# == 0)); then
    set -- $test_groups
    skip 'a copy of the sources gives the same jars, bit for bit' 'takes minutes: ./octothorpe test reproducible'
  fi
  for group in $test_groups $more_groups; do
    [[ " $* " == *" $group "* ]] || continue
    [[ $group != java || " $* " != *' cuda '* ]] || begin_cuda
    begun=$SECONDS
    "test_$group" || { count 0 1 0 && failures+=("$group: broke off"); }
    times+=("$group $((SECONDS - begun)) s")
  done
  summary
  ((failed == 0))
}

test_style() {
  check 'Java is formatted (google-java-format)' java-format.log check_java_format || say './octothorpe format repairs it'
  if find_clang_format || { (missing=("clang-format-$clang_format_major") && install_missing) && find_clang_format; }; then
    check 'C++ is formatted (clang-format)' cpp-format.log check_cpp_format || say './octothorpe format repairs it'
  else
    skip 'C++ is formatted' "no clang-format $clang_format_major here"
  fi
  check 'Javadoc on everything public; names' java-style.log check_java_style || true
  check 'no file is too long' sizes.log check_sizes || true
  check 'plain American English' prose.log check_prose || true
}

test_native() {
  check 'native tests build with ASan and UBSan' native-build.log build_native_tests || return 0
  attempt 'native tests' native.log ctest --test-dir "$build/native-tests" --verbose || show_failed_ctests "$build/native.log"
  count_ctest "$build/native.log"
}
# The output of those that failed: its lines begin with their number.
show_failed_ctests() {
  local id
  for id in $(sed -nE '/\*\*\*/s/^ *[0-9]+\/[0-9]+ Test +#([0-9]+):.*/\1/p' "$1" | head -n 3); do
    grep -E "^$id: " "$1" | grep -vE '^[0-9]+: (\[|Test|Working|Environment| OCT| OMP| UBSAN| ASAN)' | head -n 25 | cut -c 1-200 >&2 || true
  done
}
build_native_tests() {
  cmake -S "$root/native" -B "$build/native-tests" -DOCT_BUILD_TESTS=ON -DOCT_SANITIZE=ON -DCMAKE_BUILD_TYPE=Release &&
    cmake --build "$build/native-tests" --parallel "${OCTOTHORPE_JOBS:-2}"
}

# Every module: Error Prone, NullAway, javac's and doclint's warnings are errors of the compilation.
test_java() {
  find "$root/java" "$root/bench" "$root/tests" -type d -name surefire-reports -prune -exec rm -rf {} +
  check 'Java compiles without warnings, its tests run' java.log maven --fail-at-end -Dmaven.test.failure.ignore=true package
  count_surefire "$root/java" "$root/bench" "$root/tests/conformance" "$root/tests/replay"
  check 'no warning of -Xcheck:jni' jni.log no_jni_warnings || true
}

# The JVM prints them to its own standard output, which Surefire keeps in its log or its dump files. Java2D's own natives break the rules too:
# a warning counts unless its first frame is of a module of the JDK.
no_jni_warnings() {
  find "$build/java.log" "$root/java" "$root/tests" -type f \( -path '*/surefire-reports/*' -o -name java.log \) ! -name '*.xml' -print0 |
    xargs -0 awk '
      warning != "" { if ($0 !~ /\(java\.[a-z.]*@/) { print FILENAME ": " warning; print $0; ours++ } warning = "" }
      /WARNING in native method|WARNING: JNI local refs|FATAL ERROR in native method/ { warning = $0; all++ }
      END { print ours + 0 " of " all + 0 " warnings are ours"; exit ours > 0 }'
}

# Installs into a repository of its own, and uses what is there as a stranger would.
test_artifacts() {
  find_local_repository
  rm -rf "$build/m2/org/octothorpe"
  check 'the artifacts install' install.log maven -Dmaven.test.skip=true -pl java/core,java/cuda,java/data -am "${local_repository[@]}" install || return 0
  rm -rf "$root/examples/target"
  check 'the programs of examples build and run with what was installed' consumer.log consumer test || true
  count_surefire "$root/examples"
}

# The same set from a cluster as from one machine. Not with the group java: Spark is 300 MB of downloads, which ./octothorpe test java spares.
test_spark() {
  check 'octothorpe-spark is formatted, compiles without warnings, its tests run' spark.log package_spark || true
  count_surefire "$root/java/spark"
}

package_spark() {
  rm -rf "$root/java/spark/target/surefire-reports"
  # Its tests alone: the other modules have the group java.
  maven -Pspark -pl java/spark -am '-Dtest=org/octothorpe/spark/*Test' -Dsurefire.failIfNoSpecifiedTests=false package spotless:check &&
    compgen -G "$root/java/spark/target/surefire-reports/TEST-*.xml"
}

# Builds a copy of the sources in another folder.
test_reproducible() {
  find_local_repository
  check 'a copy of the sources builds' copy.log build_copy || return 0
  check 'the copy has the same jars, bit for bit' reproducible.log same_jars || true
}
build_copy() {
  rm -rf "$build/copy"
  mkdir -p "$build/copy"
  (cd "$root" && tar -c --exclude=target --exclude='./build' --exclude='./.git' pom.xml LICENSE NOTICE .mvn mvnw cmake native cuda java bench tests) | tar -x -C "$build/copy"
  (cd "$build/copy" && "$mvn" --batch-mode --no-transfer-progress -Dmaven.test.skip=true -pl java/core,java/cuda,java/data -am package)
}
consumer() {
  maven -f "$root/examples/pom.xml" "${local_repository[@]}" "-DargLine=-Dorg.bytedeco.javacpp.cachedir=$build/natives" "$@"
}

# A repository for what this test installs; what the user's repository has already is read from there.
find_local_repository() {
  local settings=${MAVEN_USER_HOME:-$HOME/.m2}/settings.xml users=$HOME/.m2/repository named
  named=$(sed -n 's|.*<localRepository>\(.*\)</localRepository>.*|\1|p' "$settings" 2>/dev/null | head -n 1 || true)
  local_repository=("-Dmaven.repo.local=$build/m2")
  # An older Maven has no tail: it fills the new repository from the network.
  ! at_least "$(first_line "$mvn" --version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)" 3.9 ||
    local_repository+=("-Dmaven.repo.local.tail=${named:-$users}")
}

same_jars() {
  local folder file status=0
  maven -Dmaven.test.skip=true -pl java/core,java/cuda,java/data -am package || return
  for folder in java/core/target java/cuda/target java/data/target; do
    for file in "$build/copy/$folder"/octothorpe*.jar; do
      file=$folder/${file##*/}
      (cd "$build/copy" && sha256sum "$file") | (cd "$root" && sha256sum --check) || status=1
    done
  done
  ((status == 0)) || echo 'classes that were deleted or renamed stay in target/ until ./octothorpe clean'
  return "$status"
}
