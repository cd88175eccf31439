# What the build needs: how each need is seen, and the Debian package that meets it.

minimum_java=17
minimum_gcc=11 # the first with -march=x86-64-v4 and the AVX-512 BF16 intrinsics that the kernels use
minimum_cmake=3.22

CXX=${CXX:-g++}

# find_prerequisites build|test: sets jdk, jdk_major and CXX; installs what is missing or says how to, and ends the launcher.
find_prerequisites() {
  local purpose=$1
  [[ $(uname -s)-$(uname -m) == Linux-x86_64 ]] || fail "the native kernels are for Linux on x86-64, and this is $(uname -s) on $(uname -m)"
  list_missing "$purpose"
  if ((${#missing[@]} > 0)); then
    install_missing "$purpose"
    list_missing "$purpose"
    ((${#missing[@]} == 0)) || fail "still missing after the installation: ${missing[*]}" "the log is ${build#"$PWD"/}/setup.log"
  fi
  mkdir -p "$build"
  printf '%s\n%s\n' "$jdk" "$jdk_major" >"$build/jdk"
  export JAVA_HOME=$jdk CXX
}

# Fills missing[] with package names, or a word in capitals where the package depends on the distribution.
list_missing() {
  missing=()
  find_jdk || missing+=(JDK)
  at_least "$(first_line "$CXX" -dumpfullversion)" "$minimum_gcc" || missing+=(g++)
  at_least "$(first_line cmake --version | grep -oE '[0-9.]+' || true)" "$minimum_cmake" || missing+=(cmake)
  have make || missing+=(make)
  { has_header jpeglib.h && has_library libjpeg.a; } || missing+=(LIBJPEG)
  has_fonts || missing+=(fontconfig fonts-dejavu-core)
  if ! maven_is_there && ! have unzip; then missing+=(unzip); fi
  [[ $1 != test ]] || has_header gtest/gtest.h || missing+=(libgtest-dev)
}

have() { command -v "$1" >/dev/null 2>&1; }
at_least() { [[ -n $1 && $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }
has_header() { printf '#include <cstdio>\n#include <%s>\n' "$1" | "$CXX" -E -x c++ - >/dev/null 2>&1; }
has_library() { [[ $("$CXX" -print-file-name="$1" 2>/dev/null) == /* ]]; }
has_fonts() { have fc-list && [[ -n $(fc-list : file 2>/dev/null | head -n 1) ]]; }

# A JDK (not a JRE) of JAVA_HOME, else of the PATH, else of /usr/lib/jvm.
find_jdk() {
  local home
  jdk='' jdk_major=0
  report_java_home
  for home in "${JAVA_HOME:-}" "$(jdk_of_path)" /usr/lib/jvm/*; do
    [[ -n $home && -x $home/bin/javac && -x $home/bin/java ]] || continue
    jdk_major=$(first_line "$home/bin/javac" -version | grep -oE '[0-9]+' | head -n 1)
    if ((jdk_major >= minimum_java)); then
      jdk=$home
      return
    fi
    [[ $home != "${JAVA_HOME:-}" ]] || say "JAVA_HOME is a JDK $jdk_major ($home); $minimum_java or later is needed, looking further"
  done
  return 1
}
# JAVA_HOME that is no JDK at all: the search goes on without it, which should surprise nobody.
report_java_home() {
  [[ -z ${JAVA_HOME:-} || -x $JAVA_HOME/bin/javac ]] && return
  say "JAVA_HOME is '$JAVA_HOME', which holds no JDK (no bin/javac); it is ignored"
  unset JAVA_HOME
}
jdk_of_path() { have javac && dirname "$(dirname "$(readlink -f "$(command -v javac)")")"; }

# The JDK that the last build found, without starting anything.
recall_jdk() {
  { read -r jdk && read -r jdk_major; } 2>/dev/null <"$build/jdk" || return 1
  report_java_home
  [[ -x $jdk/bin/java && (-z ${JAVA_HOME:-} || ! -x ${JAVA_HOME:-}/bin/javac || $JAVA_HOME -ef $jdk) ]]
}

install_missing() {
  local words=("${missing[@]}") as_root=()
  if ! have apt-get; then
    fail "missing: ${words[*]}" 'This system has no apt-get; install a JDK (17 or later), g++ (11 or later), CMake (3.22 or later), make, unzip,' \
      'libjpeg-turbo with its header and static library, fontconfig and a font, then call again.'
  fi
  if ((EUID != 0)); then
    if ! have sudo || ! sudo -n true 2>/dev/null; then
      fail "missing: $(packages "${words[@]}")" 'Type this, then call again:' \
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends $(packages "${words[@]}")"
    fi
    as_root=(sudo -n)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  stage 'reading the package lists' setup.log "${apt[@]}" update
  local names
  names=$(packages "${words[@]}")
  # shellcheck disable=SC2086  # words on purpose
  stage "installing $(wc -w <<<"$names") packages: $(cut -c 1-28 <<<"$names")..." setup.log "${apt[@]}" install -y --no-install-recommends $names
}

# Package names for the words of list_missing.
packages() {
  local word names=()
  for word in "$@"; do
    case $word in
      JDK) names+=("$(first_known openjdk-17-jdk-headless openjdk-21-jdk-headless openjdk-25-jdk-headless)") ;;
      LIBJPEG) names+=("$(first_known libjpeg62-turbo-dev libjpeg-turbo8-dev)") ;;
      *) names+=("$word") ;;
    esac
  done
  echo "${names[@]}"
}

# The first of the packages that apt knows here, or else the first.
first_known() {
  local name
  for name in "$@"; do
    if apt-cache show "$name" >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  echo "$1"
}
