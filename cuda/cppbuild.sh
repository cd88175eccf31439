#!/usr/bin/env bash
# Builds in the folder $1 what $2 names, "octothorpe_emulated" (only g++) or "octothorpe_cuda" (minutes of nvcc); Maven calls this.
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
options=(-DCMAKE_BUILD_TYPE=Release)
[[ $2 != octothorpe_cuda ]] || options+=(-DOCT_CUDA=ON)
mkdir -p "$1"
exec 9>"$1/lock" # the tests build the emulator in the same folder
flock 9
cmake -S "$source" -B "$1" "${options[@]}"
cmake --build "$1" --target "$2" --parallel "${OCTOTHORPE_JOBS:-2}"
