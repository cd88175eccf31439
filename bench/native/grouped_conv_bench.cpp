// Times the passes of the grouped convolutions in tests/shapes/grouped_conv.txt: milliseconds, GFLOP/s, one line per layer, type and pass.
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

#include "../../tests/contract/support/conv_shape.h"
#include "../../tests/contract/support/operations.h"

namespace {

using Clock = std::chrono::steady_clock;

void check(oct_status status) {
  if (status == OCT_OK) return;
  fprintf(stderr, "grouped_conv_bench: %s\n", oct_last_error());
  exit(1);
}

/// A tensor of small random values.
oct_tensor make(oct_context* context, oct_dtype dtype, const std::vector<int64_t>& shape) {
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

/// Least milliseconds of a run within about 0.3 s; `workspace` becomes the most scratch memory of any call.
template <class Args>
double least_ms(oct_context* context, const Args& args, size_t* workspace) {
  oct_call* call = nullptr;
  check(oct::prepare(context, args, &call));
  const size_t bytes = oct_call_workspace(call);
  void* scratch = nullptr;
  if (bytes > 0) check(oct_allocate(context, bytes, &scratch));
  const std::vector<void*> addresses = oct::addresses_of(args);
  check(oct_call_bind(call, addresses.data(), static_cast<int32_t>(addresses.size()), scratch, bytes));
  double least = 1e30;
  const Clock::time_point start = Clock::now();
  check(oct_call_run(call));
  do {
    const Clock::time_point before = Clock::now();
    check(oct_call_run(call));
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - before).count();
    if (ms < least) least = ms;
  } while (Clock::now() - start < std::chrono::milliseconds(300));
  oct_call_destroy(call);
  check(oct_free(context, scratch));
  if (bytes > *workspace) *workspace = bytes;
  return least;
}

void measure(oct_context* context, const oct::ConvShape& l, oct_dtype dtype, const char* name) {
  oct_tensor x = make(context, dtype, l.x()), dx = make(context, dtype, l.x()), y = make(context, dtype, l.y());
  oct_tensor dy = make(context, dtype, l.y()), weight = make(context, dtype, l.weight()), dweight = make(context, OCT_F32, l.weight());
  const double gflop = 2e-9 * static_cast<double>(l.n * l.p() * l.q() * l.k * l.terms());
  size_t bytes = 0;
  const double ms[] = {
      least_ms(context, oct_grouped_conv_forward_args{.x = x, .weight = weight, .bias = {}, .y = y, .conv = l.conv}, &bytes),
      least_ms(context, oct_grouped_conv_backward_data_args{.dy = dy, .weight = weight, .dx = dx, .conv = l.conv}, &bytes),
      least_ms(context, oct_grouped_conv_backward_weight_args{.x = x, .dy = dy, .dweight = dweight, .dbias = {}, .conv = l.conv}, &bytes)};
  printf("%-26s %-4s", name, dtype == OCT_F32 ? "f32" : "bf16");
  for (const double t : ms) printf("  %8.3f ms %6.1f", t, gflop / t * 1e3);
  printf("  workspace %.1f MB\n", static_cast<double>(bytes) * 1e-6);
  fflush(stdout);
  for (oct_tensor* t : {&x, &dx, &y, &dy, &weight, &dweight}) check(oct_free(context, t->data));
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
    if (!(fields >> kind) || kind != "layer") continue;
    std::vector<int64_t> numbers(14);
    for (int64_t& number : numbers) fields >> number;
    oct::ConvShape l = oct::ConvShape::of(numbers);
    l.n = batch;
    char name[64];
    snprintf(name, sizeof name, "%lld/%lld %lldx%lld s%lld", static_cast<long long>(l.c), static_cast<long long>(l.c / l.conv.groups),
             static_cast<long long>(l.h), static_cast<long long>(l.w), static_cast<long long>(l.conv.stride_h));
    bool wanted = argc <= 4;
    for (int i = 4; i < argc; ++i) wanted = wanted || strstr(name, argv[i]) != nullptr;
    if (!wanted) continue;
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) measure(context, l, dtype, name);
  }
  check(oct_context_destroy(context));
  return 0;
}
