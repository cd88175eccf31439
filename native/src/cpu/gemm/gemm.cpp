// The blocks of a product: C is cut into tiles of at most kBlockRows x kBlockColumns, which the threads share out; for each block of the
// depth a thread packs its tile's rows of A, which then lie in L2, and one strip of B after the other, which lies in L1 while the register
// tile runs down the rows. If more than two tiles share the columns of B, B is packed once for all before (shared).
#include "gemm.h"

#include "../integers.h"
#include "../parallel.h"
#include "gemm_pack.h"

OCT_KERNEL_BEGIN

namespace {

constexpr int64_t kBlockStrips = 280 / kTileRows;
constexpr int64_t kBlockRows = kBlockStrips * kTileRows;
constexpr int64_t kBlockColumns = 512;
/// Words of B that are packed at once to be shared: 16 MB, a part of the L3 cache.
constexpr int64_t kSharedWords = int64_t{4} << 20;
/// Parts of work below which a long depth is cut: enough for many threads. A constant, since the sums depend on it.
constexpr int64_t kParts = 32;

/// How a product is cut; all but `tile_columns` depends on the shape only.
struct Plan {
  int64_t m, n, k;           // k in terms
  int64_t words;             // words of the depth
  int64_t row_tiles;         // tiles of C by rows
  int64_t slab_columns;      // columns of C done at a time: all of them unless a shared B would be too large
  int64_t column_tiles;      // tiles of a slab by columns
  int64_t splits;            // chunks of the depth
  bool shared;               // B is packed once, for all tiles
  int64_t shared_words;      // packed B of a slab
  int64_t thread_words;      // scratch of one thread: A, then a strip of B unless shared, then sums if C is BF16
  int64_t a_words, b_words;  // parts of it
  int64_t partial_words;     // sums of the chunks, if there are several
  int64_t threads;
};

template <class T>
Plan plan_of(const oct_context* context, Gemm gemm, int64_t m, int64_t n, int64_t k) {
  Plan p{};
  p.m = m, p.n = n, p.k = k;
  p.words = words_of<T>(k);
  p.threads = context->threads;
  p.row_tiles = ceil_div(m, kBlockRows);
  p.shared = gemm != Gemm::kTN && p.row_tiles > 2 && p.words * min_of(n, kBlockColumns) <= kSharedWords;
  p.slab_columns = n;
  if (p.shared) p.slab_columns = min_of(n, kSharedWords / p.words / kBlockColumns * kBlockColumns + (n < kBlockColumns ? n : 0));
  const int64_t strips = ceil_div(p.slab_columns, kTileColumns);
  p.column_tiles = ceil_div(p.slab_columns, kBlockColumns);
  p.splits = 1;
  if (gemm == Gemm::kTN) {
    p.splits = max_of(1, min_of(kParts / (p.row_tiles * p.column_tiles), p.words / (4 * kDepth)));
  }
  // Narrower tiles where the threads would not get equal shares; this moves borders, not the order of any sum.
  const auto idle = [&](int64_t tiles) {
    const int64_t parts = p.row_tiles * tiles * p.splits;
    return static_cast<double>(ceil_div(parts, p.threads) * p.threads - parts) / static_cast<double>(parts);
  };
  int64_t best = p.column_tiles;
  for (int64_t tiles = p.column_tiles; tiles <= min_of(strips, p.column_tiles + 4 * p.threads) && idle(best) > 0.04; ++tiles) {
    if (idle(tiles) < idle(best)) best = tiles;
  }
  p.column_tiles = best;
  const int64_t tile_strips = ceil_div(strips, p.column_tiles);
  p.a_words = min_of(kBlockStrips, ceil_div(m, kTileRows)) * kStripWords;
  p.b_words = p.shared ? 0 : kTileColumns * kDepth;
  const int64_t sums = sizeof(T) == 2 && gemm != Gemm::kTN ? min_of(m, kBlockRows) * tile_strips * kTileColumns : 0;
  p.thread_words = (p.a_words + p.b_words + sums + 15) / 16 * 16;
  p.shared_words = p.shared ? strips * kTileColumns * p.words : 0;
  p.partial_words = p.splits > 1 ? (p.splits * m * n + 15) / 16 * 16 : 0;
  return p;
}

size_t bytes_of(const Plan& p) { return static_cast<size_t>(p.shared_words + p.threads * p.thread_words + p.partial_words) * 4; }

template <class T>
struct WordOf {
  using type = float;
};
template <>
struct WordOf<bf16> {
  using type = bf16_pair;
};

/// The operands of a product.
template <class T>
struct Operands {
  const T* a;
  int64_t lda;
  const T* b;
  int64_t ldb;
  const float* bias;
};

/// One tile of C and its part of the depth.
struct Tile {
  int64_t row, rows;        // of C
  int64_t column, columns;  // of C
  int64_t begin, end;       // terms of the depth
  const float* shared;      // packed B from the tile's first column on, or null
};

/// Terms [begin, end) of the strip of B that starts at `column`.
template <class T, Gemm kGemm>
void pack_strip_of_b(const Plan& p, const Operands<T>& x, int64_t column, int64_t begin, int64_t end, float* packed) {
  const int64_t count = min_of(kTileColumns, p.n - column);
  if constexpr (kGemm == Gemm::kNT) {
    pack_transposed(x.b + column * x.ldb, x.ldb, count, begin, end, packed);
  } else {
    pack_columns(x.b + column, x.ldb, p.n - column, begin, end, packed);
  }
}

/// A tile's columns that do not fill a register tile go through a full one on the stack.
void run_edge(MicroKernel kernel, const float* a, const float* b, int64_t depth, const float* bias, Update update, int64_t rows,
              int64_t columns, float* c, int64_t ldc) {
  float tile[kTileRows * kTileColumns], edge_bias[kTileColumns] = {};
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < kTileColumns; ++j) tile[r * kTileColumns + j] = update == Update::kAddTo && j < columns ? c[r * ldc + j] : 0.0f;
  }
  for (int64_t j = 0; bias != nullptr && j < columns; ++j) edge_bias[j] = bias[j];
  kernel(a, b, depth, bias != nullptr ? edge_bias : nullptr, update, tile, kTileColumns);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < columns; ++j) c[r * ldc + j] = tile[r * kTileColumns + j];
  }
}

/// sums [rows, columns], row distance `ld`, = the tile's part of the product. `scratch` holds packed A, then packed B.
template <class T, Gemm kGemm>
void compute_tile(const Plan& p, const Tile& t, const Operands<T>& x, float* sums, int64_t ld, float* scratch) {
  constexpr bool kPanel = kGemm == Gemm::kTN;
  constexpr int64_t kBlockTerms = kDepth * kWordTerms<T>;
  const int64_t row_strips = ceil_div(t.rows, kTileRows);
  int64_t strip_row[kBlockStrips + 1];
  for (int64_t s = 0; s <= row_strips; ++s) strip_row[s] = t.rows * s / row_strips;
  float* packed_b = scratch + p.a_words;
  for (int64_t begin = t.begin; begin < t.end; begin += kBlockTerms) {
    const int64_t end = min_of(begin + kBlockTerms, t.end);
    const int64_t depth = words_of<T>(end - begin);
    if constexpr (kPanel) {
      pack_panels(x.a + t.row, x.lda, p.m - t.row, row_strips, strip_row, begin, end, scratch);
    } else {
      for (int64_t s = 0; s < row_strips; ++s) {
        pack_rows(x.a + (t.row + strip_row[s]) * x.lda, x.lda, strip_row[s + 1] - strip_row[s], begin, end, scratch + s * kStripWords);
      }
    }
    // backward_weight walks down matrices that come from memory: what the next block needs is fetched while this one is multiplied.
    const int64_t calls = row_strips * ceil_div(t.columns, kTileColumns), next_terms = min_of(kBlockTerms, t.end - end);
    int64_t call = 0;
    const auto fetch_share_of_next = [&]() {
      for (int64_t i = next_terms * call / calls; i < next_terms * (call + 1) / calls; ++i) {
        fetch(x.a + (end + i) * x.lda + t.row, t.rows * static_cast<int64_t>(sizeof(T)));
        fetch(x.b + (end + i) * x.ldb + t.column, t.columns * static_cast<int64_t>(sizeof(T)));
      }
      ++call;
    };
    const Update update = begin == t.begin ? Update::kOverwrite : Update::kAddTo;
    for (int64_t j = 0; j < t.columns; j += kTileColumns) {
      const int64_t columns = min_of(kTileColumns, t.columns - j);
      const float* strip = packed_b;
      if (t.shared != nullptr) {
        strip = t.shared + j * p.words + (begin - t.begin) / kWordTerms<T> * kTileColumns;
      } else {
        pack_strip_of_b<T, kGemm>(p, x, t.column + j, begin, end, packed_b);
      }
      const float* bias = x.bias != nullptr && begin == t.begin ? x.bias + t.column + j : nullptr;
      for (int64_t s = 0; s < row_strips; ++s) {
        if constexpr (kPanel) fetch_share_of_next();
        const int64_t rows = strip_row[s + 1] - strip_row[s];
        const MicroKernel kernel = micro_kernel_of<kPanel, typename WordOf<T>::type>(rows);
        float* c = sums + strip_row[s] * ld + j;
        if (columns == kTileColumns) {
          kernel(scratch + s * kStripWords, strip, depth, bias, update, c, ld);
        } else {
          run_edge(kernel, scratch + s * kStripWords, strip, depth, bias, update, rows, columns, c, ld);
        }
      }
    }
  }
}

/// y [rows, columns] = sums, rounded.
void round_tile(const float* sums, int64_t ld, int64_t rows, int64_t columns, bf16* c, int64_t ldc) {
  for (int64_t r = 0; r < rows; ++r) {
    int64_t j = 0;
    for (; j + kLanes <= columns; j += kLanes) store(c + r * ldc + j, load(sums + r * ld + j));
    for (; j < columns; ++j) assign(c + r * ldc + j, sums[r * ld + j]);
  }
}

template <class T, Gemm kGemm, class C>
void multiply(const oct_context* context, int64_t m, int64_t n, int64_t k, const Operands<T>& x, C* c, int64_t ldc, void* workspace) {
  const Plan p = plan_of<T>(context, kGemm, m, n, k);
  float* const shared = static_cast<float*>(workspace);
  float* const partial = shared + p.shared_words;
  float* const scratch = partial + p.partial_words;
  // Words that one thread moves or multiplies in the time of a simple operation, roughly: enough to tell small products from large ones.
  const int64_t work = m * n / kLanes * p.words / 4;
  for (int64_t slab = 0; slab < n; slab += p.slab_columns) {
    const int64_t columns = min_of(p.slab_columns, n - slab);
    const int64_t strips = ceil_div(columns, kTileColumns);
    if (p.shared) {
      parallel_for(context, strips, columns * p.words, [&](int64_t first, int64_t last) {
        for (int64_t s = first; s < last; ++s) {
          pack_strip_of_b<T, kGemm>(p, x, slab + s * kTileColumns, 0, k, shared + s * kTileColumns * p.words);
        }
      });
    }
    const int64_t column_tiles = min_of(p.column_tiles, strips);
    const int64_t parts = p.row_tiles * column_tiles * p.splits;
    parallel_for(context, p.threads, work, [&](int64_t first, int64_t last) {
      for (int64_t part = parts * first / p.threads; part < parts * last / p.threads; ++part) {
        const int64_t column_tile = part % column_tiles, row_tile = part / column_tiles % p.row_tiles,
                      split = part / column_tiles / p.row_tiles;
        Tile t{};
        t.row = m * row_tile / p.row_tiles;
        t.rows = m * (row_tile + 1) / p.row_tiles - t.row;
        const int64_t first_strip = strips * column_tile / column_tiles;
        t.column = slab + first_strip * kTileColumns;
        t.columns = min_of(slab + strips * (column_tile + 1) / column_tiles * kTileColumns, n) - t.column;
        // Chunks start at whole words, so that pairs are the same in all.
        t.begin = p.words * split / p.splits * kWordTerms<T>;
        t.end = min_of(p.words * (split + 1) / p.splits * kWordTerms<T>, k);
        t.shared = p.shared ? shared + first_strip * kTileColumns * p.words : nullptr;
        float* mine = scratch + first * p.thread_words;
        if constexpr (sizeof(C) == 4) {
          float* sums = p.splits > 1 ? partial + (split * m + t.row) * n + t.column : c + t.row * ldc + t.column;
          compute_tile<T, kGemm>(p, t, x, sums, p.splits > 1 ? n : ldc, mine);
        } else {
          const int64_t ld = ceil_div(t.columns, kTileColumns) * kTileColumns;
          float* sums = mine + p.a_words + p.b_words;
          compute_tile<T, kGemm>(p, t, x, sums, ld, mine);
          round_tile(sums, ld, t.rows, t.columns, c + t.row * ldc + t.column, ldc);
        }
      }
    });
  }
  if constexpr (sizeof(C) == 4) {
    if (p.splits <= 1) return;
    parallel_for(context, m, p.splits * m * n, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; ++r) {
        int64_t j = 0;
        for (; j + kLanes <= n; j += kLanes) {
          vf sum = load(partial + r * n + j);
          for (int64_t s = 1; s < p.splits; ++s) sum += load(partial + (s * m + r) * n + j);
          store(c + r * ldc + j, sum);
        }
        for (; j < n; ++j) {
          float sum = partial[r * n + j];
          for (int64_t s = 1; s < p.splits; ++s) sum += partial[(s * m + r) * n + j];
          c[r * ldc + j] = sum;
        }
      }
    });
  }
}

}  // namespace

size_t gemm_workspace(const oct_context* context, Gemm gemm, oct_dtype dtype, int64_t m, int64_t n, int64_t k) {
  return bytes_of(dtype == OCT_F32 ? plan_of<float>(context, gemm, m, n, k) : plan_of<bf16>(context, gemm, m, n, k));
}

template <class T, class C>
void gemm_nt(const oct_context* context, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
             const float* bias, C* c, int64_t ldc, void* workspace) {
  multiply<T, Gemm::kNT>(context, m, n, k, {a, lda, b, ldb, bias}, c, ldc, workspace);
}

template <class T, class C>
void gemm_nn(const oct_context* context, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, C* c,
             int64_t ldc, void* workspace) {
  multiply<T, Gemm::kNN>(context, m, n, k, {a, lda, b, ldb, nullptr}, c, ldc, workspace);
}

template <class T>
void gemm_tn(const oct_context* context, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, float* c,
             int64_t ldc, void* workspace) {
  multiply<T, Gemm::kTN>(context, m, n, k, {a, lda, b, ldb, nullptr}, c, ldc, workspace);
}

template void gemm_nt(const oct_context*, int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, const float*, float*,
                      int64_t, void*);
template void gemm_nt(const oct_context*, int64_t, int64_t, int64_t, const bf16*, int64_t, const bf16*, int64_t, const float*, bf16*,
                      int64_t, void*);
template void gemm_nt(const oct_context*, int64_t, int64_t, int64_t, const bf16*, int64_t, const bf16*, int64_t, const float*, float*,
                      int64_t, void*);
template void gemm_nn(const oct_context*, int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t, void*);
template void gemm_nn(const oct_context*, int64_t, int64_t, int64_t, const bf16*, int64_t, const bf16*, int64_t, bf16*, int64_t, void*);
template void gemm_nn(const oct_context*, int64_t, int64_t, int64_t, const bf16*, int64_t, const bf16*, int64_t, float*, int64_t, void*);
template void gemm_tn(const oct_context*, int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t, void*);
template void gemm_tn(const oct_context*, int64_t, int64_t, int64_t, const bf16*, int64_t, const bf16*, int64_t, float*, int64_t, void*);

OCT_KERNEL_END
