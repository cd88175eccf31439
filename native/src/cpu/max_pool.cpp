// Maximum over windows, vectorized over channels. Both passes are a gather: each output element is written once by one thread, so
// nothing races and the order of the sums does not depend on the number of threads.
#include "bytes.h"
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {

// Places in a window: i32 in registers, u8 in memory.
inline vi same_place(Wide, int32_t place) { return place - vi{}; }
inline int32_t same_place(Narrow, int32_t place) { return place; }
inline vi get_places(Wide, const uint8_t* p) { return widen_bytes(p); }
inline int32_t get_places(Narrow, const uint8_t* p) { return *p; }
inline void put_places(uint8_t* p, vi places) { narrow_bytes(p, places); }
inline void put_places(uint8_t* p, int32_t place) { *p = static_cast<uint8_t>(place); }
inline vi choose_places(vi mask, vi a, vi b) { return mask ? a : b; }
inline int32_t choose_places(bool mask, int32_t a, int32_t b) { return mask ? a : b; }

// v beats best: it is greater, or the first NaN.
inline vi beats(vf v, vf best) { return ~(v <= best) & (best == best); }
inline bool beats(float v, float best) { return !(v <= best) && best == best; }

struct Sizes {
  int64_t images, height, width, rows, columns, channels;  // x [N,H,W,C], y [N,P,Q,C]
  int64_t kernel, stride, padding;
};

// The elements that one output element depends on, at channel 0: their distances from the first element of the tensor and their places in
// the window. Listed once a pixel, read once a vector of channels.
struct Sources {
  static constexpr int kMost = 15 * 15;
  int count = 0;
  int64_t at[kMost];
  int32_t place[kMost];
  void add(int64_t element, int64_t place_in_window) {
    at[count] = element;
    place[count++] = static_cast<int32_t>(place_in_window);
  }
};

// The part [begin, end) of a window that starts at `first` and lies in [0, extent).
struct Window {
  int64_t begin, end;
  Window(int64_t first, int64_t kernel, int64_t extent)
      : begin(first < 0 ? -first : 0), end(extent - first < kernel ? extent - first : kernel) {}
};

// kCount elements a window, or 0: as many as sources.count says.
template <int kCount, class T>
void maximum(const Sources& sources, int64_t channels, const T* x, T* y, uint8_t* index) {
  const int count = kCount > 0 ? kCount : sources.count;
  for_lanes(0, channels, [&](auto lane, int64_t c) {
    using L = decltype(lane);
    auto best = L::get(x + sources.at[0] + c);
    auto places = same_place(lane, sources.place[0]);
    for (int i = 1; i < count; ++i) {
      const auto value = L::get(x + sources.at[i] + c);
      const auto wins = beats(value, best);
      best = L::choose(wins, value, best);
      places = choose_places(wins, same_place(lane, sources.place[i]), places);
    }
    L::put(y + c, best);
    if (index != nullptr) put_places(index + c, places);
  });
}

template <class T>
void forward(const oct_context* context, const Sizes& sizes, const T* x, T* y, uint8_t* index) {
  const Sizes z = sizes;
  const int64_t work = z.images * z.rows * z.columns * z.channels * z.kernel * z.kernel;
  parallel_for(context, z.images * z.rows, work, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t top = row % z.rows * z.stride - z.padding, image = row / z.rows * z.height;
      const Window high(top, z.kernel, z.height);
      for (int64_t q = 0; q < z.columns; ++q) {
        const int64_t left = q * z.stride - z.padding;
        const Window wide(left, z.kernel, z.width);
        Sources sources;
        for (int64_t r = high.begin; r < high.end; ++r) {
          const int64_t line = (image + top + r) * z.width + left;
          for (int64_t s = wide.begin; s < wide.end; ++s) sources.add((line + s) * z.channels, r * z.kernel + s);
        }
        const int64_t to = (row * z.columns + q) * z.channels;
        (sources.count == 9 ? maximum<9, T> : maximum<0, T>)(sources, z.channels, x, y + to, index == nullptr ? nullptr : index + to);
      }
    }
  });
}

// The windows [first, end) that cover a place of x; moved on with the place, because a division costs more than the sums.
struct Covering {
  int64_t first = 0, end = 0;
  void move_to(int64_t offset, const Sizes& z, int64_t windows) {  // offset = place + padding, never less than before
    while (first * z.stride + z.kernel <= offset) ++first;
    while (end < windows && end * z.stride <= offset) ++end;
  }
};

template <int kCount, class T>
void gather(const Sources& sources, int64_t channels, const T* dy, const uint8_t* index, T* dx) {
  const int count = kCount > 0 ? kCount : sources.count;
  for_lanes(0, channels, [&](auto lane, int64_t c) {
    using L = decltype(lane);
    auto sum = L::all(0);
    for (int i = 0; i < count; ++i) {
      const auto won = get_places(lane, index + sources.at[i] + c) == same_place(lane, sources.place[i]);
      sum = sum + L::choose(won, L::get(dy + sources.at[i] + c), L::all(0));
    }
    L::put(dx + c, sum);
  });
}

template <class T>
void backward(const oct_context* context, const Sizes& sizes, const T* dy, const uint8_t* index, T* dx) {
  const Sizes z = sizes;
  const int64_t work = z.images * (z.height * z.width + z.rows * z.columns * z.kernel * z.kernel) * z.channels;
  parallel_for(context, z.images * z.height, work, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t image = row / z.height * z.rows, down = row % z.height + z.padding;
      Covering high, wide;
      high.move_to(down, z, z.rows);
      for (int64_t w = 0; w < z.width; ++w) {
        const int64_t across = w + z.padding;
        wide.move_to(across, z, z.columns);
        Sources sources;
        for (int64_t p = high.first; p < high.end; ++p) {
          for (int64_t q = wide.first; q < wide.end; ++q) {
            sources.add(((image + p) * z.columns + q) * z.channels, (down - p * z.stride) * z.kernel + across - q * z.stride);
          }
        }
        const auto run = sources.count == 1   ? gather<1, T>
                         : sources.count == 2 ? gather<2, T>
                         : sources.count == 4 ? gather<4, T>
                                              : gather<0, T>;
        run(sources, z.channels, dy, index, dx + (row * z.width + w) * z.channels);
      }
    }
  });
}

Sizes sizes_of(const oct_max_pool& pool, const oct_tensor& x, const oct_tensor& y) {
  return {x.shape[0], x.shape[1], x.shape[2], y.shape[1], y.shape[2], x.shape[3], pool.kernel, pool.stride, pool.padding};
}

template <class T>
oct_status run_forward(oct_call* call) {
  const auto& a = args<oct_max_pool_forward_args>(call);
  forward(call->context, sizes_of(a.pool, a.x, a.y), data<const T>(a.x), data<T>(a.y), data<uint8_t>(a.index));
  return OCT_OK;
}

template <class T>
oct_status run_backward(oct_call* call) {
  const auto& a = args<oct_max_pool_backward_args>(call);
  backward(call->context, sizes_of(a.pool, a.dx, a.dy), data<const T>(a.dy), data<const uint8_t>(a.index), data<T>(a.dx));
  return OCT_OK;
}

}  // namespace

oct_status max_pool_forward(oct_call* call) { return OCT_RUNS(call, args<oct_max_pool_forward_args>(call).x.dtype, run_forward); }
oct_status max_pool_backward(oct_call* call) { return OCT_RUNS(call, args<oct_max_pool_backward_args>(call).dx.dtype, run_backward); }

OCT_KERNEL_END
