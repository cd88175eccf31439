# How much memory this process may use: of the machine, and of every control group around it (a container's, a job's, a service's).

# A quarter of the memory, within [1 GiB, 8 GiB], but never more than half: tensors live outside the Java heap and need the rest.
heap_megabytes() {
  local all=$(($(memory_kilobytes "$@") / 1024)) heap
  heap=$((all / 4 < 1024 ? 1024 : all / 4 > 8192 ? 8192 : all / 4))
  echo $((heap < all / 2 ? heap : all / 2))
}

# memory_kilobytes [PROC]: the least of what the machine has and what the groups allow. org.octothorpe.cli.common.ControlGroups sees the same.
memory_kilobytes() {
  local proc=${1:-/proc} least line mount_root mount file group
  local mounted='^[^ ]+ [^ ]+ [^ ]+ ([^ ]+) ([^ ]+) .* - (cgroup2?) [^ ]+ ([^ ]+)$'
  least=$(awk '/^MemTotal:/ {print $2}' "$proc/meminfo")
  while IFS= read -r line; do
    [[ $line =~ $mounted ]] || continue
    mount_root=${BASH_REMATCH[1]} mount=${BASH_REMATCH[2]}
    if [[ ${BASH_REMATCH[3]} == cgroup2 ]]; then
      file=memory.max
      group=$(sed -n 's/^0:://p' "$proc/self/cgroup")
    elif [[ ,${BASH_REMATCH[4]}, == *,memory,* ]]; then
      file=memory.limit_in_bytes
      group=$(sed -nE 's/^[0-9]+:([^:]*,)?memory(,[^:]*)?://p' "$proc/self/cgroup")
    else
      continue
    fi
    # A container may see a part of the tree, or its path from outside.
    [[ $mount_root == / ]] || group=${group#"$mount_root"}
    [[ $group != *..* && -d $mount$group ]] || group=
    least=$(least_limit "$least" "$mount" "$mount${group%/}" "$file")
  done <"$proc/self/mountinfo"
  echo "$least"
}

# least_limit KILOBYTES TOP FOLDER FILE: the least of a number and the limits in FILE of FOLDER and of those around it, up to TOP.
least_limit() {
  local least=$1 top=$2 folder=$3 limit
  while :; do
    # No limit is "max", or a number of 19 digits.
    limit=$(cat "$folder/$4" 2>/dev/null || true)
    if [[ $limit =~ ^[0-9]{1,18}$ ]] && ((limit / 1024 < least)); then least=$((limit / 1024)); fi
    [[ $folder == "$top"/* ]] || break
    folder=${folder%/*}
  done
  echo "$least"
}
