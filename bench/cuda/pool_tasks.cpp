// Maximum pools and the global average pool.
#include "task.h"

namespace oct::bench {
namespace {

struct Pool {
  int64_t n, h, w, c, kernel, stride, padding;
  int64_t p() const { return (h + 2 * padding - kernel) / stride + 1; }
  int64_t q() const { return (w + 2 * padding - kernel) / stride + 1; }
  oct_max_pool geometry() const { return {kernel, stride, padding}; }
  std::string text() const {
    return "N" + std::to_string(n) + " " + std::to_string(h) + "x" + std::to_string(w) + " C" + std::to_string(c) + " " +
           std::to_string(kernel) + "x" + std::to_string(kernel) + " s" + std::to_string(stride) + " p" + std::to_string(padding);
  }
};

Task max_forward(const Pool& l, oct_dtype dtype) {
  Task task;
  task.pass = "forward";
  task.operands = {{"x", dtype, {l.n, l.h, l.w, l.c}, Role::input},
                   {"y", dtype, {l.n, l.p(), l.q(), l.c}, Role::output},
                   {"index", OCT_U8, {l.n, l.p(), l.q(), l.c}, Role::output}};
  task.prepare = [l](const Device& device, const Tensors& t) {
    return Call(device, oct_max_pool_forward_args{.x = t[0], .y = t[1], .index = t[2], .pool = l.geometry()});
  };
  task.slack = [](const Host& host) {
    std::vector<std::vector<double>> slack(host.size());
    slack[1].assign(host[1].floats.size(), 0);
    return slack;
  };
  return task;
}

// Places that a forward pass could have chosen: in the window and in the image.
std::vector<uint8_t> winners(const Pool& l) {
  std::vector<uint8_t> places;
  uint32_t state = 7;
  for (int64_t n = 0; n < l.n; ++n) {
    for (int64_t p = 0; p < l.p(); ++p) {
      for (int64_t q = 0; q < l.q(); ++q) {
        for (int64_t c = 0; c < l.c; ++c) {
          int64_t row = 0;
          int64_t column = 0;
          do {
            state = state * 1664525u + 1013904223u;
            row = (state >> 8 & 0xfff) % static_cast<uint32_t>(l.kernel);
            column = (state >> 20) % static_cast<uint32_t>(l.kernel);
          } while (p * l.stride - l.padding + row < 0 || p * l.stride - l.padding + row >= l.h || q * l.stride - l.padding + column < 0 ||
                   q * l.stride - l.padding + column >= l.w);
          places.push_back(static_cast<uint8_t>(row * l.kernel + column));
        }
      }
    }
  }
  return places;
}

Task max_backward(const Pool& l, oct_dtype dtype) {
  Task task;
  task.pass = "backward";
  task.operands = {{"dy", dtype, {l.n, l.p(), l.q(), l.c}, Role::input},
                   {"index", OCT_U8, {l.n, l.p(), l.q(), l.c}, Role::input, 0, 0, [l] { return winners(l); }},
                   {"dx", dtype, {l.n, l.h, l.w, l.c}, Role::output}};
  task.terms = l.kernel * l.kernel;
  task.prepare = [l](const Device& device, const Tensors& t) {
    return Call(device, oct_max_pool_backward_args{.dy = t[0], .index = t[1], .dx = t[2], .pool = l.geometry()});
  };
  return task;
}

Task average(const std::vector<int64_t>& shape, bool backward, oct_dtype dtype) {
  Task task;
  task.operation = "global_average_pool";
  task.pass = backward ? "backward" : "forward";
  task.shape =
      "N" + std::to_string(shape[0]) + " " + std::to_string(shape[1]) + "x" + std::to_string(shape[2]) + " C" + std::to_string(shape[3]);
  task.dtype = dtype;
  task.numbers = {{"n", shape[0]}, {"h", shape[1]}, {"w", shape[2]}, {"c", shape[3]}};
  const std::vector<int64_t> pooled = {shape[0], shape[3]};
  task.operands = {{backward ? "dy" : "x", dtype, backward ? pooled : shape, Role::input},
                   {backward ? "dx" : "y", dtype, backward ? shape : pooled, Role::output}};
  task.terms = backward ? 2 : shape[1] * shape[2] + 1;
  task.prepare = [backward](const Device& device, const Tensors& t) {
    return backward ? Call(device, oct_global_average_pool_backward_args{.dy = t[0], .dx = t[1]})
                    : Call(device, oct_global_average_pool_forward_args{.x = t[0], .y = t[1]});
  };
  task.bytes = bytes_of(task.operands);
  return task;
}

}  // namespace

void add_pools(const Choice& choice, std::vector<Maker>* all) {
  const int64_t batch = choice.shapes == "layer" ? choice.batch : 1;
  for (const auto& v : lines_of("max_pool", "N H W C kernel stride padding:0", choice)) {
    const Pool pool{batch * v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
    for (const auto make : {max_forward, max_backward}) {
      all->push_back([pool, make](oct_dtype dtype) {
        Task task = make(pool, dtype);
        task.operation = "max_pool";
        task.shape = pool.text();
        task.dtype = dtype;
        task.numbers = {{"n", pool.n},
                        {"h", pool.h},
                        {"w", pool.w},
                        {"c", pool.c},
                        {"kernel", pool.kernel},
                        {"stride", pool.stride},
                        {"padding", pool.padding}};
        task.bytes = bytes_of(task.operands);
        return task;
      });
    }
  }
  for (const auto& v : lines_of("global_average_pool", "N H W C", choice)) {
    const std::vector<int64_t> shape = {batch * v[0], v[1], v[2], v[3]};
    for (const bool backward : {false, true}) {
      all->push_back([shape, backward](oct_dtype dtype) { return average(shape, backward, dtype); });
    }
  }
}

}  // namespace oct::bench
