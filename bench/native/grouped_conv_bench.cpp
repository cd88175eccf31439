// Times the passes of the grouped convolutions in tests/shapes/grouped_conv.txt: milliseconds, GFLOP/s, one line a layer, type and pass.
//
//   grouped_conv_bench SHAPES_FILE [batch = 8] [threads = 1] [substring of "C/groups HxW" ...]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "octothorpe/grouped_conv.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Layer {
  int64_t n, h, w, c, k, groups, r, s;
  oct_grouped_conv conv;
};

void check(oct_status status) {
  if (status == OCT_OK) return;
  fprintf(stderr, "grouped_conv_bench: %s\n", oct_last_error());
  exit(1);
}

/// A tensor of small random values.
oct_tensor make(oct_context* context, oct_dtype dtype, std::vector<int64_t> shape) {
  oct_tensor tensor{nullptr, dtype, static_cast<int32_t>(shape.size()), {}, {}};
  int64_t count = 1;
  for (size_t i = shape.size(); i-- > 0; count *= shape[i]) {
    tensor.shape[i] = shape[i];
    tensor.stride[i] = count;
  }
  check(oct_allocate(context, static_cast<size_t>(count) * (dtype == OCT_F32 ? 4 : 2), &tensor.data));
  uint32_t state = 1;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    const float value = static_cast<float>(state >> 8) * 0x1p-23f - 1.0f;
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if (dtype == OCT_F32) {
      static_cast<float*>(tensor.data)[i] = value;
    } else {
      static_cast<uint16_t*>(tensor.data)[i] = static_cast<uint16_t>(bits >> 16);
    }
  }
  return tensor;
}

/// Least milliseconds of a call within about 0.3 s.
template <class Call>
double least_ms(const Call& call) {
  double least = 1e30;
  const Clock::time_point start = Clock::now();
  call();
  do {
    const Clock::time_point before = Clock::now();
    call();
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - before).count();
    if (ms < least) least = ms;
  } while (Clock::now() - start < std::chrono::milliseconds(300));
  return least;
}

void measure(oct_context* context, const Layer& l, oct_dtype dtype, const char* name) {
  const int64_t p = (l.h + 2 * l.conv.padding_h - l.conv.dilation_h * (l.r - 1) - 1) / l.conv.stride_h + 1;
  const int64_t q = (l.w + 2 * l.conv.padding_w - l.conv.dilation_w * (l.s - 1) - 1) / l.conv.stride_w + 1;
  oct_tensor x = make(context, dtype, {l.n, l.h, l.w, l.c}), dx = make(context, dtype, {l.n, l.h, l.w, l.c});
  oct_tensor y = make(context, dtype, {l.n, p, q, l.k}), dy = make(context, dtype, {l.n, p, q, l.k});
  oct_tensor weight = make(context, dtype, {l.k, l.r, l.s, l.c / l.groups});
  oct_tensor dweight = make(context, OCT_F32, {l.k, l.r, l.s, l.c / l.groups});
  size_t bytes = 64;
  for (const int32_t pass : {OCT_FORWARD, OCT_BACKWARD_DATA, OCT_BACKWARD_WEIGHT}) {
    size_t needed = 0;
    check(oct_grouped_conv_workspace(context, pass, &l.conv, &x, &weight, &y, &needed));
    bytes = needed > bytes ? needed : bytes;
  }
  void* scratch = nullptr;
  check(oct_allocate(context, bytes, &scratch));
  const double gflop = 2e-9 * static_cast<double>(l.n * p * q * l.k * l.r * l.s * (l.c / l.groups));
  const double ms[] = {
      least_ms([&] { check(oct_grouped_conv_forward(context, &l.conv, &x, &weight, nullptr, &y, scratch, bytes)); }),
      least_ms([&] { check(oct_grouped_conv_backward_data(context, &l.conv, &dy, &weight, &dx, scratch, bytes)); }),
      least_ms([&] { check(oct_grouped_conv_backward_weight(context, &l.conv, &x, &dy, &dweight, nullptr, scratch, bytes)); })};
  printf("%-26s %-4s", name, dtype == OCT_F32 ? "f32" : "bf16");
  for (const double t : ms) printf("  %8.3f ms %6.1f", t, gflop / t * 1e3);
  printf("  workspace %.1f MB\n", static_cast<double>(bytes) * 1e-6);
  fflush(stdout);
  for (oct_tensor* t : {&x, &dx, &y, &dy, &weight, &dweight}) check(oct_free(context, t->data));
  check(oct_free(context, scratch));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: grouped_conv_bench SHAPES_FILE [batch = 8] [threads = 1] [substring of \"C/groups HxW\" ...]\n");
    return 2;
  }
  const int64_t batch = argc > 2 ? atoll(argv[2]) : 8;
  oct_context* context = nullptr;
  check(oct_context_create(oct_cpu_device(), 0, argc > 3 ? atoi(argv[3]) : 1, &context));
  printf("%s, %d threads, batch %lld; forward, backward_data, backward_weight: ms and GFLOP/s\n", oct_cpu_isa(),
         oct_context_threads(context), static_cast<long long>(batch));
  std::ifstream file(argv[1]);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line.substr(0, line.find('#')));
    std::string kind;
    Layer l{};
    oct_grouped_conv& conv = l.conv;
    if (!(fields >> kind) || kind != "layer") continue;
    fields >> l.n >> l.h >> l.w >> l.c >> l.k >> l.groups >> l.r >> l.s >> conv.stride_h >> conv.stride_w >> conv.padding_h >>
        conv.padding_w >> conv.dilation_h >> conv.dilation_w;
    conv.groups = l.groups;
    l.n = batch;
    char name[64];
    snprintf(name, sizeof name, "%lld/%lld %lldx%lld s%lld", static_cast<long long>(l.c), static_cast<long long>(l.c / l.groups),
             static_cast<long long>(l.h), static_cast<long long>(l.w), static_cast<long long>(conv.stride_h));
    bool wanted = argc <= 4;
    for (int i = 4; i < argc; ++i) wanted = wanted || strstr(name, argv[i]) != nullptr;
    if (!wanted) continue;
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) measure(context, l, dtype, name);
  }
  check(oct_context_destroy(context));
  return 0;
}
