#!/usr/bin/env bash
# nvcc's launcher: keeps what ptxas says of registers, spills and shared memory beside the object file, for cuda/budget.txt's check.
set -uo pipefail
object=
for ((i = 1; i <= $#; i++)); do
  [[ ${!i} != -o ]] || { j=$((i + 1)) && object=${!j}; }
done
[[ -n $object ]] || exec "$@"
"$@" 2>"$object.log"
status=$?
if ((status == 0)); then
  grep -E '^ptxas|bytes stack frame' "$object.log" >"$object.ptxas"
  grep -vE '^ptxas info|bytes stack frame|^$' "$object.log" >&2
else
  cat "$object.log" >&2
fi
exit "$status"
