// Included by every kernel source. CMake compiles each once an instruction set with OCT_ISA = v2, v3, v4 or v4_bf16, the namespace of
// everything in it. Kernel sources include no standard C++ header with inline functions: the linker keeps one copy of such a function,
// and a copy compiled for AVX-512 would then run on a processor without it (a build test looks for such symbols).
#pragma once
#include "octothorpe/device_table.h"

#ifndef OCT_ISA
#error "kernel sources are compiled by CMake with OCT_ISA set"
#endif

#define OCT_KERNEL_BEGIN namespace oct::cpu::OCT_ISA {
#define OCT_KERNEL_END }
