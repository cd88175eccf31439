#!/usr/bin/env bash
# weak_symbols.sh NM ISA OBJECT...: fails when a kernel object of the instruction set ISA defines a weak symbol outside the namespace
# oct::cpu::ISA. The linker keeps one copy of such a symbol, and a copy compiled for AVX-512 would then run on every processor.
set -euo pipefail
nm=$1 isa=$2
shift 2
objects=("${@//;/ }")
read -ra objects <<<"${objects[*]}"
mangled="3oct3cpu${#isa}${isa}"
symbols=$("$nm" --defined-only --print-file-name "${objects[@]}")
checked=$(wc -l <<<"$symbols")
if [ "$checked" -lt 1 ]; then
  echo "weak_symbols: $nm found no symbols in ${#objects[@]} objects" >&2
  exit 2
fi
# The type letters of vague linkage: W and V (weak), u (unique). __odr_asan and .asan names are AddressSanitizer's own data.
if strangers=$(grep -E ' [WwVvu] [^ ]+$' <<<"$symbols" | grep -v "$mangled" | grep -vE ' (__odr_asan|\.?__asan|__ubsan)'); then
  echo "weak symbols outside oct::cpu::$isa (include no header with inline functions in a kernel source; see native/src/cpu/isa.h):" >&2
  echo "$strangers" >&2
  exit 1
fi
echo "weak_symbols: ${#objects[@]} objects of $isa, $checked symbols, none weak and foreign"
