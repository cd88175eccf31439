// Launchers of the fused head: with the logits of a chunk in memory, seven launches per chunk; without, four in all.
#include "gemm/linear_update.cuh"
#include "runtime/kernels.h"
#include "softmax/linear_softmax_chunks.cuh"
#include "softmax/linear_softmax_tiles.cuh"

namespace oct::cuda {
namespace {

// Where scratch memory lies, a function of shapes, types and the device.
struct Plan {
  int64_t b, d, v, chunk;
  int64_t parts;   // of a row's sums: chunks, or tiles of classes
  int64_t blocks;  // of the second sweep without logits
  size_t sums = 0, factors = 0, logits = 0, gradients = 0, dx = 0, bytes = 0;

  Plan(const gpu::Limits& limits, oct_dtype dtype, int64_t rows, int64_t inputs, int64_t classes, int64_t wanted)
      : b(rows), d(inputs), v(classes), chunk(wanted) {
    const size_t element = dtype == OCT_F32 ? 4 : 2;
    parts = gpu::ceil_div(v, chunk > 0 ? chunk : int64_t{kTileColumns});
    blocks = limits.multiprocessors < parts ? limits.multiprocessors : parts;
    const auto place = [this](int64_t elements, size_t size) {
      const size_t begin = bytes;
      bytes += gpu::round_up(static_cast<size_t>(elements) * size, size_t{256});
      return begin;
    };
    sums = place(b * parts, sizeof(RowSums));
    factors = place(b, sizeof(RowFactors));
    if (chunk > 0) {
      logits = place(b * chunk, sizeof(float));
      gradients = place(element == 2 ? b * chunk : 0, element);
      dx = place(b * d, sizeof(float));
    } else {
      gradients = place(blocks * kTileRows * kTileColumns, element);
      dx = place(blocks * b * d, sizeof(float));
    }
  }
};

template <class T>
struct Head {
  Launches& launches;
  Plan plan;
  const T* x;
  const T* weight;
  const float* bias;
  LabelLoss labels;
  T* dx;
  float* dweight;
  float* dbias;
  char* memory;

  RowSums* sums() const { return reinterpret_cast<RowSums*>(memory + plan.sums); }
  RowFactors* factors() const { return reinterpret_cast<RowFactors*>(memory + plan.factors); }
  float* logits() const { return reinterpret_cast<float*>(memory + plan.logits); }
  float* dx_sums() const { return reinterpret_cast<float*>(memory + plan.dx); }
  T* gradients() const { return reinterpret_cast<T*>(memory + (plan.chunk > 0 && sizeof(T) == 4 ? plan.logits : plan.gradients)); }
  bool loss_alone() const { return dx == nullptr && dweight == nullptr && dbias == nullptr; }
  dim3 rows() const { return dim3(static_cast<unsigned>(plan.b)); }  // offsets are i32, with at least one label per row

  oct_status write_losses() const {
    return launch(launches, "linear_softmax_losses", linear_softmax_losses,
                  {dim3(static_cast<unsigned>(gpu::ceil_div(plan.b, int64_t{8}))), dim3(256)}, labels, sums(), plan.parts, factors());
  }

  // The chunks one after the other.
  int64_t width(int64_t first) const { return plan.v - first < plan.chunk ? plan.v - first : plan.chunk; }

  oct_status compute_logits(int64_t first) const {
    const int64_t n = width(first);
    const Product<T> product{operand_of(x, plan.d), operand_of(weight + first * plan.d, plan.d), plan.b, n, plan.d, plan.d};
    return run_gemm<true, true>(launches, "linear_softmax_logits", product,
                                store_sums(logits(), n, bias == nullptr ? nullptr : bias + first));
  }

  oct_status first_sweep(int64_t first) const {
    OCT_TRY(compute_logits(first));
    return launch(launches, "linear_softmax_chunk_sums", linear_softmax_chunk_sums, {rows(), dim3(256)}, labels, logits(), width(first),
                  first, sums(), plan.parts, first / plan.chunk);
  }

  oct_status second_sweep(int64_t first) const {
    const int64_t n = width(first);
    if (plan.parts > 1) OCT_TRY(compute_logits(first));  // a single chunk is still there
    const int64_t columns = gpu::ceil_div(n, int64_t{1024});
    OCT_TRY(launch(launches, "linear_softmax_chunk_gradients", linear_softmax_chunk_gradients<T>,
                   {dim3(rows().x, static_cast<unsigned>(columns < 65535 ? columns : 65535)), dim3(256)}, labels, logits(), n, first,
                   factors(), gradients()));
    if (dx != nullptr) {
      const Product<T> product{operand_of<T>(gradients(), n), operand_of(weight + first * plan.d, plan.d), plan.b, plan.d, n, n};
      OCT_TRY((run_gemm<true, false>(launches, "linear_softmax_dx", product, store_sums(dx_sums(), plan.d, nullptr, first > 0))));
    }
    if (dweight != nullptr) {
      const Product<T> product{operand_of<T>(gradients(), n), operand_of(x, plan.d), n, plan.d, plan.b, plan.b};
      OCT_TRY((run_gemm<false, false>(launches, "linear_softmax_dweight", product, store_sums(dweight + first * plan.d, plan.d))));
    }
    return dbias == nullptr ? OCT_OK : run_column_sums<T>(launches, gradients(), plan.b, n, n, dbias + first);
  }

  oct_status run_chunks() const {
    for (int64_t first = 0; first < plan.v; first += plan.chunk) OCT_TRY(first_sweep(first));
    OCT_TRY(write_losses());
    if (loss_alone()) return OCT_OK;
    for (int64_t first = 0; first < plan.v; first += plan.chunk) OCT_TRY(second_sweep(first));
    return dx == nullptr ? OCT_OK : run_sum_parts<T>(launches, dx_sums(), 1, plan.b, plan.d, nullptr, dx);
  }

  oct_status run_tiles() const {
    const HeadOperands<T> operands{operand_of(x, plan.d), operand_of(weight, plan.d), bias, plan.b, plan.d, plan.v};
    const int64_t tiles = gpu::ceil_div(plan.b, int64_t{kTileRows}) * plan.parts;
    if (tiles > INT32_MAX)
      return fail(launches.context(), OCT_UNSUPPORTED, "linear_softmax: %lld tiles are more than a grid holds",
                  static_cast<long long>(tiles));
    OCT_TRY(launch(launches, "linear_softmax_tile_sums", linear_softmax_tile_sums<T>,
                   {dim3(static_cast<unsigned>(tiles)), dim3(kTileThreads), GemmTile<T>::kSharedBytes}, operands, labels, sums()));
    OCT_TRY(write_losses());
    if (loss_alone()) return OCT_OK;
    const HeadGradients<T> out{factors(), gradients(), dx == nullptr ? nullptr : dx_sums(), dweight, dbias};
    OCT_TRY(launch(launches, "linear_softmax_tile_gradients", linear_softmax_tile_gradients<T>,
                   {dim3(static_cast<unsigned>(plan.blocks)), dim3(kTileThreads), GemmTile<T>::kSharedBytes}, operands, labels, out));
    return dx == nullptr ? OCT_OK : run_sum_parts<T>(launches, dx_sums(), plan.blocks, plan.b, plan.d, nullptr, dx);
  }
};

}  // namespace

oct_status workspace(Launches& launches, const oct_linear_softmax_cross_entropy_args& a, size_t* bytes) {
  *bytes = Plan(launches.limits(), a.x.dtype, a.x.shape[0], a.x.shape[1], a.weight.shape[0], a.chunk).bytes;
  return OCT_OK;
}

oct_status linear_softmax_cross_entropy(Launches& launches, const oct_linear_softmax_cross_entropy_args& a, void* workspace) {
  const int64_t b = a.x.shape[0], d = a.x.shape[1], v = a.weight.shape[0];
  LabelLoss labels{};
  labels.offsets = data<const int32_t>(a.offsets);
  labels.labels = data<const int32_t>(a.labels);
  labels.label_count = a.labels.shape[0];
  labels.loss = data<float>(a.loss);
  labels.rows = b;
  labels.classes = v;
  labels.gradient_scale = a.gradient_scale;
  labels.least_labels = 1;
  labels.fault = launches.fault();
  return with_float_type(a.x.dtype, [&](auto type) {
    using T = decltype(type);
    const Head<T> head{launches,
                       Plan(launches.limits(), a.x.dtype, b, d, v, a.chunk),
                       data<const T>(a.x),
                       data<const T>(a.weight),
                       data<const float>(a.bias),
                       labels,
                       data<T>(a.dx),
                       data<float>(a.dweight),
                       data<float>(a.dbias),
                       static_cast<char*>(workspace)};
    return a.chunk > 0 ? head.run_chunks() : head.run_tiles();
  });
}

}  // namespace oct::cuda
