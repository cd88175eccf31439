// The emulated CUDA device: everything that kernels and their launchers see. README.md says what it checks.
#pragma once
#include "arithmetic.h"
#include "atomics.h"
#include "builtins.h"
#include "host.h"
#include "instructions.h"
#include "load.h"
#include "numbers.h"
#include "types.h"
#include "warp.h"
