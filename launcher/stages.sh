# Messages and stages: one line per stage on stderr, everything a stage prints in a log file.

say() { printf 'octothorpe: %s\n' "$*" >&2; }

# fail MESSAGE...: each argument a line.
fail() {
  say "$1"
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit 1
}

first_line() { "$@" 2>/dev/null | head -n 1; }

# attempt NAME LOG COMMAND...: runs a stage; returns its status. The log is in build/.
attempt() {
  local name=$1 log=$build/$2 start=$SECONDS status=0
  shift 2
  mkdir -p "$build"
  printf 'octothorpe: %-58s' "$name" >&2
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status == 0)); then
    printf ' done in %d s\n' $((SECONDS - start)) >&2
  else
    printf ' FAILED after %d s, exit code %d\n' $((SECONDS - start)) "$status" >&2
  fi
  return "$status"
}

# stage NAME LOG COMMAND...: as attempt, but a failure shows the end of the log and ends the launcher.
stage() {
  attempt "$@" && return
  show_failure "$build/$2"
  exit 1
}

# show_failure LOG [LINES]: what Maven calls an error, or else the end.
show_failure() {
  local log=$1 lines=${2:-40}
  if grep -q '^\[ERROR\]' "$log"; then
    say "errors in ${log#"$PWD"/}:"
    grep '^\[ERROR\]' "$log" | grep -vE '^\[ERROR\] *($|->|\[Help|To see|Re-run|For more|After correcting|mvn <args>)' | awk '!seen[$0]++' | head -n "$lines" | cut -c 1-400 >&2 || true
  else
    say "the end of ${log#"$PWD"/}:"
    tail -n "$lines" "$log" | cut -c 1-400 >&2 || true
  fi
  if grep -qE 'Could not transfer|Unknown host|Connection (refused|timed out)|PKIX path building|Temporary failure resolving' "$log"; then
    say 'the network refused: behind a proxy or mirror set it in ~/.m2/settings.xml (Maven), MVNW_REPOURL (Maven itself) and /etc/apt (packages)'
  fi
}

# in_background LOG COMMAND...: with what the processors have left; sets background_pid. In groups of their own, which end with the launcher.
background_pids=()
in_background() {
  local log=$build/$1
  shift
  set -m
  behind "$@" >"$log" 2>&1 </dev/null 9>&- &
  background_pid=$!
  set +m
  background_pids+=("$background_pid")
  trap end_background EXIT
}
behind() {
  renice -n 15 -p "$BASHPID" >/dev/null
  "$@"
}
end_background() {
  local pid
  for pid in "${background_pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
}
