#!/usr/bin/env bash
# loads_without_driver.sh BUILD: libocto_cuda.so of that folder is loaded by a program of its own; without an NVIDIA driver its device does
# not open and the message says why, with one it opens.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
core=$(find "$1" "$root/java/core/target/cmake" -name liboctothorpe.so -print -quit 2>/dev/null)
cat >"$folder/probe.cpp" <<'CPP'
#include <cstdio>
#include <cstring>

#include "octothorpe/cuda.h"

int main() {
  oct_context* context = nullptr;
  const oct_status status = oct_context_create(oct_cuda_device(), 0, 1, &context);
  if (status == OCT_OK) {
    puts("the device opens");
    return oct_context_destroy(context);
  }
  puts(oct_last_error());
  return strncmp(oct_last_error(), "the device cuda:0 cannot be opened: cuda", 40) == 0 ? 0 : 1;
}
CPP
"${CXX:-g++}" -std=c++20 -I"$root/cuda/include" -I"$root/native/include" "$folder/probe.cpp" -o "$folder/probe" "$1/lib/libocto_cuda.so" "$core" \
  "-Wl,-rpath,$1/lib:$(dirname "$core")"
"$folder/probe"
! nm --dynamic --undefined-only "$1/lib/libocto_cuda.so" | grep -E ' cu[A-Z]' || { echo 'the library needs symbols of the driver'; exit 1; }
