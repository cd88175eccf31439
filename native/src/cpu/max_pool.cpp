// Maximum over windows, vectorised over channels. Both passes are a gather: each output element is written once by one thread, so
// nothing races and the order of the sums does not depend on the number of threads.
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"

OCT_KERNEL_BEGIN

namespace {

typedef uint8_t vb __attribute__((vector_size(kLanes)));
typedef uint8_t vb_unaligned __attribute__((vector_size(kLanes), aligned(1), may_alias));

// Places in a window: i32 in registers, u8 in memory.
inline vi same_place(Wide, int32_t place) { return place - vi{}; }
inline int32_t same_place(Narrow, int32_t place) { return place; }
inline vi get_places(Wide, const uint8_t* p) { return __builtin_convertvector(*reinterpret_cast<const vb_unaligned*>(p), vi); }
inline int32_t get_places(Narrow, const uint8_t* p) { return *p; }
inline void put_places(uint8_t* p, vi places) { *reinterpret_cast<vb_unaligned*>(p) = __builtin_convertvector(places, vb); }
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

// The part [begin, end) of a window that starts at `first` and lies in [0, extent).
struct Window {
  int64_t begin, end;
  Window(int64_t first, int64_t kernel, int64_t extent)
      : begin(first < 0 ? -first : 0), end(extent - first < kernel ? extent - first : kernel) {}
};

template <class T>
void forward(const oct_context* context, const Sizes& sizes, const T* x, T* y, uint8_t* index) {
  const Sizes z = sizes;
  const int64_t work = z.images * z.rows * z.columns * z.channels * z.kernel * z.kernel;
  parallel_for(context, z.images * z.rows, work, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t top = row % z.rows * z.stride - z.padding;
      const Window high(top, z.kernel, z.height);
      const T* image = x + row / z.rows * z.height * z.width * z.channels;
      for (int64_t q = 0; q < z.columns; ++q) {
        const int64_t left = q * z.stride - z.padding;
        const Window wide(left, z.kernel, z.width);
        const int64_t to = (row * z.columns + q) * z.channels;
        for_lanes(0, z.channels, [&](auto lane, int64_t c) {
          using L = decltype(lane);
          auto best = L::get(image + ((top + high.begin) * z.width + left + wide.begin) * z.channels + c);
          auto places = same_place(lane, static_cast<int32_t>(high.begin * z.kernel + wide.begin));
          for (int64_t r = high.begin; r < high.end; ++r) {
            const T* from = image + ((top + r) * z.width + left) * z.channels + c;
            for (int64_t s = wide.begin; s < wide.end; ++s) {
              const auto value = L::get(from + s * z.channels);
              const auto wins = beats(value, best);
              best = L::choose(wins, value, best);
              places = choose_places(wins, same_place(lane, static_cast<int32_t>(r * z.kernel + s)), places);
            }
          }
          L::put(y + to + c, best);
          if (index != nullptr) put_places(index + to + c, places);
        });
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

template <class T>
void backward(const oct_context* context, const Sizes& sizes, const T* dy, const uint8_t* index, T* dx) {
  const Sizes z = sizes;
  const int64_t work = z.images * (z.height * z.width + z.rows * z.columns * z.kernel * z.kernel) * z.channels;
  parallel_for(context, z.images * z.height, work, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t image = row / z.height, down = row % z.height + z.padding;
      Covering high, wide;
      high.move_to(down, z, z.rows);
      for (int64_t w = 0; w < z.width; ++w) {
        const int64_t across = w + z.padding;
        wide.move_to(across, z, z.columns);
        T* to = dx + (row * z.width + w) * z.channels;
        for_lanes(0, z.channels, [&](auto lane, int64_t c) {
          using L = decltype(lane);
          auto sum = L::all(0);
          for (int64_t p = high.first; p < high.end; ++p) {
            for (int64_t q = wide.first; q < wide.end; ++q) {
              const auto place = same_place(lane, static_cast<int32_t>((down - p * z.stride) * z.kernel + across - q * z.stride));
              const int64_t from = ((image * z.rows + p) * z.columns + q) * z.channels + c;
              sum += L::choose(get_places(lane, index + from) == place, L::get(dy + from), L::all(0));
            }
          }
          L::put(to + c, sum);
        });
      }
    }
  });
}

Sizes sizes_of(const oct_max_pool& pool, const oct_tensor& x, const oct_tensor& y) {
  return {x.shape[0], x.shape[1], x.shape[2], y.shape[1], y.shape[2], x.shape[3], pool.kernel, pool.stride, pool.padding};
}

}  // namespace

oct_status max_pool_forward(oct_context* context, const oct_max_pool* pool, const oct_tensor* x, const oct_tensor* y,
                            const oct_tensor* index) {
  const Sizes sizes = sizes_of(*pool, *x, *y);
  with_float_type(x->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    forward(context, sizes, static_cast<const T*>(x->data), static_cast<T*>(y->data),
            index == nullptr ? nullptr : static_cast<uint8_t*>(index->data));
  });
  return OCT_OK;
}

oct_status max_pool_backward(oct_context* context, const oct_max_pool* pool, const oct_tensor* dy, const oct_tensor* index,
                             const oct_tensor* dx) {
  const Sizes sizes = sizes_of(*pool, *dx, *dy);
  with_float_type(dx->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    backward(context, sizes, static_cast<const T*>(dy->data), static_cast<const uint8_t*>(index->data), static_cast<T*>(dx->data));
  });
  return OCT_OK;
}

OCT_KERNEL_END
