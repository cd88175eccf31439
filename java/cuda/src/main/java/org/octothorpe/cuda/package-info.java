/** The devices of the hand-written CUDA kernels: NVIDIA GPUs, and their emulation on the CPU. */
@NullMarked
package org.octothorpe.cuda;

import org.jspecify.annotations.NullMarked;
