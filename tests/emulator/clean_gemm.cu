// Matrix products by warps: mma of every kind.
#include "clean.h"

namespace clean {
namespace {

constexpr int bm = 64, bn = 64, bk = 32, lda = bk + 8, ldb = bn + 8;
struct Stage {
  gpu::bf16 a[bm][lda];
  gpu::bf16 b[bk][ldb];
};

__global__ void gemm_mma_kernel(const gpu::bf16* __restrict__ a, const gpu::bf16* __restrict__ b, float* __restrict__ c, Problem p) {
  auto* stages = gpu::dynamic_shared<Stage>();
  const int t = static_cast<int>(threadIdx.x), w = t / 32, l = t % 32;
  const int m0 = static_cast<int>(blockIdx.y) * bm, n0 = static_cast<int>(blockIdx.x) * bn, wm = w / 2 * 32, wn = w % 2 * 32;
  const auto load = [&](int s, int k0) {
    for (int i = t; i < bm * bk / 8; i += 128) {
      const int row = i / (bk / 8), column = i % (bk / 8) * 8;
      const bool in = m0 + row < p.m && k0 + column < p.k;
      gpu::cp_async_16(&stages[s].a[row][column], in ? a + static_cast<size_t>(m0 + row) * p.k + k0 + column : a, in ? 16 : 0);
    }
    for (int i = t; i < bk * bn / 8; i += 128) {
      const int row = i / (bn / 8), column = i % (bn / 8) * 8;
      const bool in = k0 + row < p.k && n0 + column < p.n;
      gpu::cp_async_16(&stages[s].b[row][column], in ? b + static_cast<size_t>(k0 + row) * p.n + n0 + column : b, in ? 16 : 0);
    }
    gpu::cp_async_commit();
  };
  float sums[2][4][4] = {};
  const int steps = (p.k + bk - 1) / bk;
  load(0, 0);
  for (int step = 0; step < steps; ++step) {
    if (step + 1 < steps) {
      load((step + 1) & 1, (step + 1) * bk);
      gpu::cp_async_wait<1>();
    } else {
      gpu::cp_async_wait<0>();
    }
    __syncthreads();
    Stage& s = stages[step & 1];
    for (int k = 0; k < bk; k += 16) {
      uint32_t fa[2][4], fb[4][2];
      for (int i = 0; i < 2; ++i) gpu::ldmatrix_x4(fa[i], &s.a[wm + i * 16 + l % 16][k + l / 16 * 8]);
      for (int j = 0; j < 2; ++j) {
        uint32_t r[4];
        gpu::ldmatrix_x4<true>(r, &s.b[k + l % 16][wn + j * 16 + l / 16 * 8]);
        fb[2 * j][0] = r[0];
        fb[2 * j][1] = r[1];
        fb[2 * j + 1][0] = r[2];
        fb[2 * j + 1][1] = r[3];
      }
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 4; ++j) {
          if ((k / 16 + j) % 2) {
            const uint32_t first[2] = {fa[i][0], fa[i][1]}, second[2] = {fa[i][2], fa[i][3]};
            gpu::mma_bf16_k8(sums[i][j], first, fb[j][0]);
            gpu::mma_bf16_k8(sums[i][j], second, fb[j][1]);
          } else {
            gpu::mma_bf16(sums[i][j], fa[i], fb[j]);
          }
        }
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 4; ++j) {
      for (int h = 0; h < 4; ++h) {
        const int row = m0 + wm + i * 16 + l / 4 + h / 2 * 8, column = n0 + wn + j * 8 + l % 4 * 2 + h % 2;
        if (row < p.m && column < p.n) c[static_cast<size_t>(row) * p.n + column] = sums[i][j][h];
      }
    }
  }
}

// A warp per tile of 16 x 8; each lane picks its elements from global memory.
template <class At>
__device__ void tile_of_a_warp(float* c, Problem p, At at) {
  const int l = static_cast<int>(threadIdx.x), g = l / 4, t = l % 4;
  const int m0 = static_cast<int>(blockIdx.y) * 16, n0 = static_cast<int>(blockIdx.x) * 8;
  float d[4] = {};
  at(d, m0, n0, g, t);
  for (int h = 0; h < 4; ++h) {
    const int row = m0 + g + h / 2 * 8, column = n0 + 2 * t + h % 2;
    if (row < p.m && column < p.n) c[static_cast<size_t>(row) * p.n + column] = d[h];
  }
}

__global__ void gemm_f16_kernel(const gpu::f16* a, const gpu::f16* b, float* c, Problem p) {
  const auto x = [&](const gpu::f16* from, int row, int column, int rows, int columns) {
    return row < rows && column < columns ? gpu::to_float(from[static_cast<size_t>(row) * columns + column]) : 0.0f;
  };
  tile_of_a_warp(c, p, [&](float(&d)[4], int m0, int n0, int g, int t) {
    for (int k = 0; k < p.k; k += 16) {
      uint32_t fa[4], fb[2];
      for (int i = 0; i < 4; ++i) {
        const int row = m0 + g + i % 2 * 8, column = k + 2 * t + i / 2 * 8;
        fa[i] = gpu::pack_f16(x(a, row, column, p.m, p.k), x(a, row, column + 1, p.m, p.k));
      }
      for (int i = 0; i < 2; ++i) {
        const int row = k + 2 * t + i * 8;
        fb[i] = gpu::pack_f16(x(b, row, n0 + g, p.k, p.n), x(b, row + 1, n0 + g, p.k, p.n));
      }
      gpu::mma_f16(d, fa, fb);
    }
  });
}

__global__ void gemm_tf32_kernel(const float* a, const float* b, float* c, Problem p) {
  const auto x = [&](const float* from, int row, int column, int rows, int columns) {
    return gpu::to_tf32(row < rows && column < columns ? from[static_cast<size_t>(row) * columns + column] : 0.0f);
  };
  tile_of_a_warp(c, p, [&](float(&d)[4], int m0, int n0, int g, int t) {
    for (int k = 0; k < p.k; k += 8) {
      uint32_t fa[4], fb[2];
      for (int i = 0; i < 4; ++i) fa[i] = x(a, m0 + g + i % 2 * 8, k + t + i / 2 * 4, p.m, p.k);
      for (int i = 0; i < 2; ++i) fb[i] = x(b, k + t + i * 4, n0 + g, p.k, p.n);
      gpu::mma_tf32(d, fa, fb);
    }
  });
}

dim3 tiles(Problem p, int rows, int columns) {
  return {static_cast<unsigned>(gpu::ceil_div(p.n, columns)), static_cast<unsigned>(gpu::ceil_div(p.m, rows))};
}

}  // namespace

std::string gemm_mma(const gpu::bf16* a, const gpu::bf16* b, float* c, Problem p) {
  return gpu::launch("gemm_mma", gemm_mma_kernel, {tiles(p, bm, bn), dim3(128), 2 * sizeof(Stage), 1}, nullptr, a, b, c, p);
}
std::string gemm_f16(const gpu::f16* a, const gpu::f16* b, float* c, Problem p) {
  return gpu::launch("gemm_f16", gemm_f16_kernel, {tiles(p, 16, 8), dim3(32), 0, 1}, nullptr, a, b, c, p);
}
std::string gemm_tf32(const float* a, const float* b, float* c, Problem p) {
  return gpu::launch("gemm_tf32", gemm_tf32_kernel, {tiles(p, 16, 8), dim3(32), 0, 1}, nullptr, a, b, c, p);
}

}  // namespace clean
