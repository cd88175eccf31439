# Building: Maven, which calls CMake; the result is a folder of jars, to which build/lib leads: a link or, where none can be made, a file with
# the folder's name.

# What a build reads. Folders count too: their time changes when a file in them appears or goes.
sources='pom.xml LICENSE NOTICE .mvn cmake native cuda/CMakeLists.txt cuda/cppbuild.sh cuda/include cuda/src cuda/emulator java/*/pom.xml java/*/src tests/replay/pom.xml tests/replay/src launcher/build.sh'

build_if_changed() {
  if recall_jdk && ! sources_changed; then return; fi
  build_now
}

sources_changed() {
  [[ -f $build/built && -d $(newest_jars) ]] || return 0
  [[ ${OCTOTHORPE_CUDA:-} != on ]] || compgen -G "$(newest_jars)/octothorpe-cuda-*-cuda.jar" >/dev/null || return 0
  [[ -n $(cd "$root" && find $sources -newer "$build/built" -print -quit) ]]
}

# Java and Maven take ':' in a path for the end of it.
refuse_colon() {
  [[ $root != *:* ]] || fail "the path of this checkout holds ':', which javac and Maven take for a separator of paths: $root" \
    "move or copy the checkout to a path without ':', and build there"
}

build_now() {
  ! sources_changed || refuse_colon
  mkdir -p "$build"
  exec 9>"$build/lock"
  flock -n 9 || { say 'another build of this folder runs; waiting for it'; flock 9; }
  find_prerequisites build
  if sources_changed; then
    touch "$build/started"
    find_maven
    stage 'building Java and C++ (the first time takes minutes)' build.log package_jars
    mv "$build/started" "$build/built"
  fi
  exec 9>&-
}

# Our jars and what they need, in a folder that is never written again: a run of hours loads classes from it until its end, whatever is
# built meanwhile. The folder developer in it holds the tools that are not shipped.
package_jars() {
  local jars=$build/jars.$(date +%s).$$ old profile
  profile=$(cuda_profile) || return
  rm -rf "$build/lib.new"
  # shellcheck disable=SC2086  # an empty profile gives no argument
  maven $profile -Dmaven.test.skip=true -Dlibraries.skip=false -pl java/cli,tests/replay -am package &&
    cp "$root"/java/cli/target/octothorpe-cli-*.jar "$build/lib.new/" &&
    mkdir "$build/lib.new/developer" && cp "$root"/tests/replay/target/octothorpe-replay-*.jar "$build/lib.new/developer/" &&
    mv "$build/lib.new" "$jars" || return
  rm -f "$build/lib.link"
  ln -s "${jars##*/}" "$build/lib.link" 2>/dev/null || printf '%s\n' "${jars##*/}" >"$build/lib.link" || return
  # A checkout that was copied with links followed has a folder there, whose jars go as those of before do.
  [[ ! -d $build/lib || -L $build/lib ]] || mv "$build/lib" "$build/jars.copied.$$" || return
  mv -T "$build/lib.link" "$build/lib" || return
  for old in "$build"/jars.*; do
    [[ $old == "$jars" ]] || flock --nonblock "$old" rm -rf "$old" || true
  done
}

# The kernels for NVIDIA GPUs take nvcc and minutes: built on request, and again when sources change once they were.
cuda_profile() {
  case ${OCTOTHORPE_CUDA:-} in
    on) echo -Pcuda ;;
    off) ;;
    '') if compgen -G "$(newest_jars)/octothorpe-cuda-*-cuda.jar" >/dev/null; then echo -Pcuda; fi ;;
    *) fail "OCTOTHORPE_CUDA is '$OCTOTHORPE_CUDA', but must be on or off" ;;
  esac
}

newest_jars() { if [[ -f $build/lib ]]; then echo "$build/$(cat "$build/lib")"; else readlink -f "$build/lib"; fi; }

# Sets jars to the newest folder and holds it: the lock is the JVM's until it ends.
hold_jars() {
  while :; do
    jars=$(newest_jars)
    { exec 8<"$jars" && flock --shared 8; } 2>/dev/null || continue
    [[ ! -d $jars ]] || return 0
  done
}

# Classes whose sources are gone, and bindings of older headers, would be compiled and packed with the rest: after a pull, say. Then every class
# is compiled anew; C++ has its own folders, which know.
forget_stale_classes() {
  local list=$build/java-sources.list
  mkdir -p "$build"
  (cd "$root" && find java/*/src bench/src tests/*/src native/include -type f 2>/dev/null | sort) >"$list.new"
  if [[ ! -f $list ]] || [[ -n $(comm -23 "$list" "$list.new") ]] || [[ -n $(find "$root/native/include" -newer "$list" -print -quit) ]]; then
    rm -rf "$root"/{java/*,bench,tests/*}/target/{classes,test-classes,generated-sources,native}
  fi
  mv "$list.new" "$list"
}

# maven ARGUMENT...: runs in the root of the project.
maven() { forget_natives && forget_stale_classes && (cd "$root" && "$mvn" --batch-mode --no-transfer-progress "$@"); }

# JavaCPP unpacks a library again when its size or time differs, and in reproducible archives all times are equal.
forget_natives() { rm -rf "$build"/natives/octothorpe-*; }

wrapper_version() { sed -n 's/.*apache-maven-\([0-9.]*\)-bin.*/\1/p' "$root/.mvn/wrapper/maven-wrapper.properties"; }

maven_is_there() {
  compgen -G "${MAVEN_USER_HOME:-$HOME/.m2}/wrapper/dists/apache-maven-$(wrapper_version)/*/bin/mvn" >/dev/null || installed_maven >/dev/null
}

# An installed Maven that can build this project.
installed_maven() {
  local command=${OCTOTHORPE_MVN:-mvn}
  have "$command" && at_least "$(first_line "$command" --version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)" 3.8 && echo "$command"
}

# Sets mvn: what OCTOTHORPE_MVN names, else the pinned version of the wrapper, else an installed one, else Debian's.
find_maven() {
  refuse_colon
  if [[ -n ${OCTOTHORPE_MVN:-} ]]; then
    mvn=$(installed_maven) || fail "OCTOTHORPE_MVN is '$OCTOTHORPE_MVN', which is no Maven 3.8 or later"
    return
  fi
  mvn=$root/mvnw
  [[ -n ${MVNW_REPOURL:-} ]] || export_mirror
  # A bound on the time: a firewall that drops packets would hold the download for ever.
  attempt "Maven $(wrapper_version)" maven.log timeout 300 "$mvn" --version && return
  if mvn=$(installed_maven); then
    say "using $(first_line "$mvn" --version) instead"
    return
  fi
  missing=(maven)
  install_missing
  mvn=$(installed_maven) || fail 'no Maven 3.8 or later'
}

# A mirror of everything or of central in ~/.m2/settings.xml is where Maven itself comes from, too.
export_mirror() {
  local settings=${MAVEN_USER_HOME:-$HOME/.m2}/settings.xml url
  [[ -f $settings ]] && have perl || return 0
  url=$(perl -0ne 's/<!--.*?-->//gs; while (m{<mirror>(.*?)</mirror>}gs) { my $m = $1;
    if ($m =~ m{<mirrorOf>\s*(\*|central|external:\*)}) { print $1 if $m =~ m{<url>\s*(\S+?)/*\s*</url>}; last } }' "$settings")
  [[ -z $url ]] || export MVNW_REPOURL=$url
}

clean() {
  local jars
  for jars in "$build"/jars.*; do
    [[ ! -d $jars ]] || flock --nonblock "$jars" true || fail "a program that was built here still runs; it would lose $jars"
  done
  rm -rf "$build" "$root"/java/*/target "$root"/bench/target "$root"/tests/*/target
  say 'deleted build/ and every target/'
}
