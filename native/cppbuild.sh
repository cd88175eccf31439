#!/usr/bin/env bash
# Builds the core library into the folder $1; Maven calls this.
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
cmake -S "$source" -B "$1" -DCMAKE_BUILD_TYPE=Release
cmake --build "$1" --parallel "${OCTOTHORPE_JOBS:-2}"
