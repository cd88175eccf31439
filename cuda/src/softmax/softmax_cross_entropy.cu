// Launchers of the softmax cross-entropy: which of its kernels suits a shape.
#include "runtime/kernels.h"
#include "runtime/variant.h"
#include "softmax/softmax_row_in_registers.cuh"
#include "softmax/softmax_two_pass.cuh"

namespace oct::cuda {
namespace {

struct Problem {
  LabelLoss loss;
  oct_dtype dtype;

  int64_t chunks() const { return dtype == OCT_F32 ? most_chunks<float>(loss.classes) : most_chunks<gpu::bf16>(loss.classes); }
  int chunk() const { return dtype == OCT_F32 ? kChunk<float> : kChunk<gpu::bf16>; }
};

// 16-byte chunks of a row that a thread keeps. 8 would spill: a block of 1024 threads has 64 registers per thread.
constexpr int kItems = 4;

Refusal at_most(const Problem& p, int64_t chunks) {
  if (p.chunks() <= chunks) return {};
  return {"holds {} classes, but there are {}", (chunks - 1) * p.chunk() + 1, p.loss.classes};
}

// Threads of whole warps that keep `chunks`.
unsigned threads_for(int64_t chunks) { return static_cast<unsigned>(gpu::round_up(gpu::ceil_div(chunks, int64_t{kItems}), int64_t{32})); }

unsigned rows_of(const Problem& p) { return static_cast<unsigned>(p.loss.rows); }  // offsets are i32, with at least one label per row

oct_status run_warps(Launches& launches, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    const dim3 grid(static_cast<unsigned>(gpu::ceil_div(p.loss.rows, int64_t{8})));
    return launch(launches, "softmax_cross_entropy_rows_in_warps", softmax_cross_entropy_rows_in_warps<decltype(type), kItems>,
                  {grid, dim3(256)}, p.loss);
  });
}

oct_status run_registers(Launches& launches, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    return launch(launches, "softmax_cross_entropy_row_in_registers", softmax_cross_entropy_row_in_registers<decltype(type), kItems>,
                  {dim3(rows_of(p)), dim3(threads_for(p.chunks()))}, p.loss);
  });
}

// Blocks of a cluster: enough to hold a row, and more while multiprocessors would be idle and every block keeps 256 threads.
unsigned cluster_of(const gpu::Limits& limits, const Problem& p) {
  unsigned blocks = 2;
  const auto holds = [&] { return static_cast<int64_t>(blocks) * 512 * kItems >= p.chunks(); };
  const auto idle = [&] { return p.loss.rows * blocks * 2 <= limits.multiprocessors && p.chunks() >= int64_t{blocks} * 2 * 256 * kItems; };
  while (blocks < 16 && blocks * 2 <= static_cast<unsigned>(limits.max_cluster) && (!holds() || idle())) blocks *= 2;
  return blocks;
}

oct_status run_cluster(Launches& launches, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    const unsigned blocks = cluster_of(launches.limits(), p);
    const unsigned threads = threads_for(gpu::ceil_div(p.chunks(), int64_t{blocks}));
    return launch(launches, "softmax_cross_entropy_row_in_cluster", softmax_cross_entropy_row_in_cluster<decltype(type), kItems>,
                  {dim3(rows_of(p) * blocks), dim3(threads), 0, blocks}, p.loss);
  });
}

oct_status run_two_pass(Launches& launches, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    const unsigned threads = p.chunks() >= 4096 ? 1024u : threads_for(p.chunks());
    return launch(launches, "softmax_cross_entropy_two_pass", softmax_cross_entropy_two_pass<decltype(type)>,
                  {dim3(rows_of(p)), dim3(threads)}, p.loss);
  });
}

Refusal refuse_warps(const gpu::Limits&, const Problem& p) { return at_most(p, 32 * kItems); }
Refusal refuse_registers(const gpu::Limits&, const Problem& p) { return at_most(p, 1024 * kItems); }
Refusal refuse_cluster(const gpu::Limits& limits, const Problem& p) {
  if (limits.max_cluster < 2) return "needs clusters of blocks, which compute capability 9.0 brought";
  if (p.loss.rows > INT32_MAX / 16) return {"holds {} rows, but there are {}", INT32_MAX / 16, p.loss.rows};
  return at_most(p, int64_t{limits.max_cluster < 16 ? 8 : 16} * 512 * kItems);
}
Refusal refuse_nothing(const gpu::Limits&, const Problem&) { return {}; }

// A block per row keeps its registers unless half the multiprocessors would have none.
bool suits_registers(const gpu::Limits& limits, const Problem& p) {
  return limits.max_cluster < 2 || p.loss.rows * 2 > limits.multiprocessors || p.chunks() < 2 * 256 * kItems;
}

constexpr const char* kOperation = "softmax_cross_entropy";
constexpr Variant<Problem> kVariants[] = {
    {{kOperation, "forward_backward", "softmax_cross_entropy_rows_in_warps", "a warp per row: V up to 509 in F32, 1017 in BF16"},
     refuse_warps,
     nullptr,
     no_workspace,
     run_warps},
    {{kOperation, "forward_backward", "softmax_cross_entropy_row_in_registers",
      "a block per row, one read and one write: V up to 16381 in F32, 32761 in BF16"},
     refuse_registers,
     suits_registers,
     no_workspace,
     run_registers},
    {{kOperation, "forward_backward", "softmax_cross_entropy_row_in_cluster",
      "a cluster of 2 to 16 blocks per row, one read and one write: few rows, or V up to 131069 in F32, 262137 in BF16"},
     refuse_cluster,
     nullptr,
     no_workspace,
     run_cluster},
    {{kOperation, "forward_backward", "softmax_cross_entropy_two_pass", "a block per row, two reads and one write: any V"},
     refuse_nothing,
     nullptr,
     no_workspace,
     run_two_pass},
};

}  // namespace

oct_status workspace(Launches& launches, const oct_softmax_cross_entropy_args& a, size_t* bytes) {
  OCT_TRY(check_classes(launches, kOperation, a.logits.shape[1]));
  return prepare_variant<Problem>(launches, kVariants, {label_loss_of(launches, a, 1), a.logits.dtype}, bytes);
}

oct_status softmax_cross_entropy(Launches& launches, const oct_softmax_cross_entropy_args& a, void* workspace) {
  return record_variant<Problem>(launches, kVariants, {label_loss_of(launches, a, 1), a.logits.dtype}, workspace);
}

void list_softmax_cross_entropy(std::vector<oct_variant>* all) { list<Problem>(all, kVariants); }

}  // namespace oct::cuda
