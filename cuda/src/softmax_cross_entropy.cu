// Launchers of the softmax cross-entropy: which of its kernels suits a shape.
#include "kernels.h"
#include "softmax_row_in_registers.cuh"
#include "softmax_two_pass.cuh"
#include "variant.h"

namespace oct::cuda {
namespace {

struct Problem {
  LabelLoss loss;
  oct_dtype dtype;

  int64_t chunks() const { return dtype == OCT_F32 ? most_chunks<float>(loss.classes) : most_chunks<gpu::bf16>(loss.classes); }
  int chunk() const { return dtype == OCT_F32 ? kChunk<float> : kChunk<gpu::bf16>; }
};

// 16-byte chunks of a row that a thread keeps. 8 would spill at the 64 registers that a block of 1024 threads has a thread.
constexpr int kItems = 4;

std::string at_most(const Problem& p, int64_t chunks) {
  if (p.chunks() <= chunks) return "";
  return "holds " + std::to_string((chunks - 1) * p.chunk() + 1) + " classes, but there are " + std::to_string(p.loss.classes);
}

size_t no_workspace(const gpu::Limits&, const Problem&) { return 0; }

// Threads of whole warps that keep `chunks`.
unsigned threads_for(int64_t chunks) { return static_cast<unsigned>(gpu::round_up(gpu::ceil_div(chunks, int64_t{kItems}), int64_t{32})); }

unsigned rows_of(const Problem& p) { return static_cast<unsigned>(p.loss.rows); }  // offsets i32 with a label a row at least

oct_status run_warps(oct_context* context, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    const dim3 grid(static_cast<unsigned>(gpu::ceil_div(p.loss.rows, int64_t{8})));
    return launch(context, "softmax_cross_entropy_rows_in_warps", softmax_cross_entropy_rows_in_warps<decltype(type), kItems>,
                  {grid, dim3(256)}, p.loss);
  });
}

oct_status run_registers(oct_context* context, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    return launch(context, "softmax_cross_entropy_row_in_registers", softmax_cross_entropy_row_in_registers<decltype(type), kItems>,
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

oct_status run_cluster(oct_context* context, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    const unsigned blocks = cluster_of(limits(context), p);
    const unsigned threads = threads_for(gpu::ceil_div(p.chunks(), int64_t{blocks}));
    return launch(context, "softmax_cross_entropy_row_in_cluster", softmax_cross_entropy_row_in_cluster<decltype(type), kItems>,
                  {dim3(rows_of(p) * blocks), dim3(threads), 0, blocks}, p.loss);
  });
}

oct_status run_two_pass(oct_context* context, const Problem& p, void*) {
  return with_float_type(p.dtype, [&](auto type) {
    const unsigned threads = p.chunks() >= 4096 ? 1024u : threads_for(p.chunks());
    return launch(context, "softmax_cross_entropy_two_pass", softmax_cross_entropy_two_pass<decltype(type)>,
                  {dim3(rows_of(p)), dim3(threads)}, p.loss);
  });
}

std::string refuse_warps(const gpu::Limits&, const Problem& p) { return at_most(p, 32 * kItems); }
std::string refuse_registers(const gpu::Limits&, const Problem& p) { return at_most(p, 1024 * kItems); }
std::string refuse_cluster(const gpu::Limits& limits, const Problem& p) {
  if (limits.max_cluster < 2) return "needs clusters of blocks, which compute capability 9.0 brought";
  if (p.loss.rows > INT32_MAX / 16)
    return "holds " + std::to_string(INT32_MAX / 16) + " rows, but there are " + std::to_string(p.loss.rows);
  return at_most(p, int64_t{limits.max_cluster < 16 ? 8 : 16} * 512 * kItems);
}
std::string refuse_nothing(const gpu::Limits&, const Problem&) { return ""; }

// A block a row keeps its registers unless half the multiprocessors would have none.
bool suits_registers(const gpu::Limits& limits, const Problem& p) {
  return limits.max_cluster < 2 || p.loss.rows * 2 > limits.multiprocessors || p.chunks() < 2 * 256 * kItems;
}

constexpr const char* kOperation = "softmax_cross_entropy";
constexpr Variant<Problem> kVariants[] = {
    {{kOperation, "forward_backward", "softmax_cross_entropy_rows_in_warps", "a warp a row: V up to 509 in F32, 1017 in BF16"},
     refuse_warps,
     nullptr,
     no_workspace,
     run_warps},
    {{kOperation, "forward_backward", "softmax_cross_entropy_row_in_registers",
      "a block a row, one read and one write: V up to 16381 in F32, 32761 in BF16"},
     refuse_registers,
     suits_registers,
     no_workspace,
     run_registers},
    {{kOperation, "forward_backward", "softmax_cross_entropy_row_in_cluster",
      "a cluster of 2 to 16 blocks a row, one read and one write: few rows, or V up to 131069 in F32, 262137 in BF16"},
     refuse_cluster,
     nullptr,
     no_workspace,
     run_cluster},
    {{kOperation, "forward_backward", "softmax_cross_entropy_two_pass", "a block a row, two reads and one write: any V"},
     refuse_nothing,
     nullptr,
     no_workspace,
     run_two_pass},
};

}  // namespace

oct_status softmax_cross_entropy(oct_context* context, const oct_tensor* logits, const oct_tensor* offsets, const oct_tensor* labels,
                                 float gradient_scale, const oct_tensor* loss, const oct_tensor* dlogits) {
  OCT_CUDA_TRY(check_classes(context, kOperation, logits->shape[1]));
  const Problem problem{label_loss_of(context, logits, offsets, labels, gradient_scale, loss, dlogits, 1), logits->dtype};
  const Variant<Problem>* variant = nullptr;
  OCT_CUDA_TRY(choose<Problem>(context, kVariants, problem, &variant));
  return variant->run(context, problem, nullptr);
}

void list_softmax_cross_entropy(std::vector<oct_variant>* all) { list<Problem>(all, kVariants); }

}  // namespace oct::cuda
