# ./octothorpe bench [JMH ARGUMENTS]: the benchmarks of bench/, on what was built.

explain_bench() {
  cat <<'HELP'
Usage: ./octothorpe bench [REGEX...] [JMH OPTIONS]    measures operations with JMH, beside oneDNN where it has them

  ./octothorpe bench -l                          lists the benchmarks
  ./octothorpe bench GroupedConvBench            those whose names match a regular expression, on every layer of tests/shapes
  ./octothorpe bench ReluBench.forward -p threads=1 -p shape=1x56x56x256 -p dtype=F32
                                                 one layer; -lp REGEX lists the parameters and their values
  ./octothorpe bench LinearBench -rf json -rff linear.json
                                                 the results in a file: json, csv, scsv, text or latex
  ./octothorpe bench AddBench -wi 1 -i 1         shorter: iterations of warm-up and measurement; -f 3 runs three processes
  ./octothorpe bench -h                          all options of JMH

A failure ends the run with exit code 1 (-foe false goes on), wrong usage with 2. Before numbers are compared: nothing else should run.
HELP
}

run_bench() {
  case ${1-} in
    '' | --help)
      explain_bench
      return
      ;;
  esac
  build_if_changed
  if [[ ! -d $build/bench-lib || -n $(cd "$root" && find $sources bench/pom.xml bench/src -newer "$build/bench-lib" -print -quit) ]]; then
    find_prerequisites build
    find_maven
    stage 'building the benchmarks' bench-build.log package_bench
  fi
  exec "$jdk/bin/java" "-Dorg.bytedeco.javacpp.cachedir=$build/natives" -Dorg.bytedeco.javacpp.maxBytes=0 \
    -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 "-Doctothorpe.root=$root" -cp "$build/bench-lib/*" org.octothorpe.bench.Benchmarks "$@"
}

package_bench() {
  rm -rf "$build/bench-lib.new"
  maven -Dmaven.test.skip=true -pl bench -am package dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$build/bench-lib.new" &&
    cp "$root"/bench/target/octothorpe-bench-*.jar "$build/bench-lib.new/" &&
    rm -rf "$build/bench-lib" && touch "$build/bench-lib.new" && mv "$build/bench-lib.new" "$build/bench-lib"
}
