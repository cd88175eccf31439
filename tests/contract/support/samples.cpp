#include "samples.h"

#include "conv_shape.h"
#include "expect.h"

namespace oct::test {
namespace {

/// Makes tensors with values of a seed, another one each.
struct Maker {
  Maker(Device& on, uint64_t of) : device(on), seed(of) {}
  oct_tensor in(oct_dtype dtype, const std::vector<int64_t>& shape, float low = -1, float high = 1) {
    return device.of(dtype, shape, random_values(product(shape), 100 * seed + next_++, low, high));
  }
  oct_tensor in(const std::vector<int64_t>& shape, float low = -1, float high = 1) { return in(OCT_F32, shape, low, high); }
  oct_tensor out(const std::vector<int64_t>& shape) { return device.empty(OCT_F32, shape); }

  Device& device;
  uint64_t seed;

 private:
  uint64_t next_ = 0;
};

const std::vector<int64_t> kMaps = {2, 3, 5, 8};
const ConvShape kConv = ConvShape::square(2, 5, 6, 32, 32, 8, 1);

template <class Args>
void make_norm_backward(Maker m, Args* a, oct_tensor* mean, oct_tensor* spread) {
  a->x = m.in(kMaps);
  a->y = m.in(kMaps);
  a->weight = m.in({8});
  *mean = m.in({8});
  *spread = m.in({8}, 0.5f, 2);
  a->dy = m.in(kMaps);
  a->dx = m.out(kMaps);
  a->dresidual = m.out(kMaps);
  a->dweight = m.out({8});
  a->dbias = m.out({8});
  a->norm = {1e-5f, 0.1f, 1};
}

template <class Args>
void make_norm_forward(Maker m, Args* a) {
  a->x = m.in(kMaps);
  a->weight = m.in({8});
  a->bias = m.in({8});
  a->residual = m.in(kMaps);
  a->running_mean = m.in({8});
  a->running_variance = m.in({8}, 0.5f, 2);
  a->y = m.out(kMaps);
  a->norm = {1e-5f, 0.1f, 1};
}

template <class Args>
void make_conv_forward(Maker m, Args* a) {
  a->x = m.in(kConv.x());
  a->weight = m.in(kConv.weight());
  a->bias = m.in({kConv.k});
  a->y = m.out(kConv.y());
  a->conv = kConv.conv;
}

template <class Args>
void make_loss(Maker m, Args* a) {
  a->logits = m.in({3, 70}, -4, 4);
  a->offsets = m.device.of_integers<int32_t>(OCT_I32, {4}, {0, 1, 3, 4});
  a->labels = m.device.of_integers<int32_t>(OCT_I32, {4}, {static_cast<int32_t>(m.seed % 60), 5, 69, 7});
  a->loss = m.out({3});
  a->dlogits = m.out({3, 70});
  a->gradient_scale = 0.5f;
}

}  // namespace

void make_sample(Device& device, uint64_t seed, oct_add_args* a) {
  Maker m{device, seed};
  *a = {.a = m.in({3, 7}), .b = m.in({3, 7}), .y = m.out({3, 7})};
}

void make_sample(Device& device, uint64_t seed, oct_batch_norm_backward_inference_args* a) {
  make_norm_backward({device, seed}, a, &a->running_mean, &a->running_variance);
}

void make_sample(Device& device, uint64_t seed, oct_batch_norm_backward_training_args* a) {
  make_norm_backward({device, seed}, a, &a->saved_mean, &a->saved_rstd);
}

void make_sample(Device& device, uint64_t seed, oct_batch_norm_forward_inference_args* a) { make_norm_forward({device, seed}, a); }

void make_sample(Device& device, uint64_t seed, oct_batch_norm_forward_training_args* a) {
  make_norm_forward({device, seed}, a);
  a->saved_mean = device.empty(OCT_F32, {8});
  a->saved_rstd = device.empty(OCT_F32, {8});
}

void make_sample(Device& device, uint64_t seed, oct_convert_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in({3, 7}), .y = device.empty(OCT_BF16, {3, 7})};
}

void make_sample(Device& device, uint64_t seed, oct_global_average_pool_backward_args* a) {
  Maker m{device, seed};
  *a = {.dy = m.in({2, 8}), .dx = m.out(kMaps)};
}

void make_sample(Device& device, uint64_t seed, oct_global_average_pool_forward_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in(kMaps), .y = m.out({2, 8})};
}

void make_sample(Device& device, uint64_t seed, oct_grouped_conv_backward_data_args* a) {
  Maker m{device, seed};
  *a = {.dy = m.in(kConv.y()), .weight = m.in(kConv.weight()), .dx = m.out(kConv.x()), .conv = kConv.conv};
}

void make_sample(Device& device, uint64_t seed, oct_grouped_conv_backward_weight_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in(kConv.x()), .dy = m.in(kConv.y()), .dweight = m.out(kConv.weight()), .dbias = m.out({kConv.k}), .conv = kConv.conv};
}

void make_sample(Device& device, uint64_t seed, oct_grouped_conv_forward_args* a) { make_conv_forward({device, seed}, a); }

void make_sample(Device& device, uint64_t seed, oct_grouped_conv_forward_fused_args* a) {
  make_conv_forward({device, seed}, a);
  Maker m{device, seed + 1};
  a->input_scale = m.in({kConv.c});
  a->input_shift = m.in({kConv.c});
  a->y_mean = m.out({kConv.k});
  a->y_variance = m.out({kConv.k});
  a->input_relu = 1;
}

void make_sample(Device& device, uint64_t seed, oct_linear_backward_data_args* a) {
  Maker m{device, seed};
  *a = {.dy = m.in({4, 5}), .weight = m.in({5, 6}), .dx = m.out({4, 6})};
}

void make_sample(Device& device, uint64_t seed, oct_linear_backward_weight_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in({4, 6}), .dy = m.in({4, 5}), .dweight = m.out({5, 6}), .dbias = m.out({5})};
}

void make_sample(Device& device, uint64_t seed, oct_linear_backward_weight_sgd_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in({4, 6}),
        .dy = m.in({4, 5}),
        .weight = m.in({5, 6}),
        .buffer = m.in({5, 6}),
        .weight_bf16 = device.empty(OCT_BF16, {5, 6}),
        .rates = device.rates(0.1f, 0.5f),
        .momentum = 0.9f,
        .nesterov = 1,
        .decay = 0.01f};
}

void make_sample(Device& device, uint64_t seed, oct_linear_forward_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in({4, 6}), .weight = m.in({5, 6}), .bias = m.in({5}), .y = m.out({4, 5})};
}

void make_sample(Device& device, uint64_t seed, oct_linear_softmax_cross_entropy_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in({3, 6}),
        .weight = m.in({70, 6}),
        .bias = m.in({70}),
        .offsets = device.of_integers<int32_t>(OCT_I32, {4}, {0, 1, 3, 4}),
        .labels = device.of_integers<int32_t>(OCT_I32, {4}, {static_cast<int32_t>(seed % 60), 5, 69, 7}),
        .loss = m.out({3}),
        .dx = m.out({3, 6}),
        .dweight = m.out({70, 6}),
        .dbias = m.out({70}),
        .chunk = 32,
        .gradient_scale = 0.5f};
}

void make_sample(Device& device, uint64_t seed, oct_max_pool_backward_args* a) {
  Maker m{device, seed};
  std::vector<uint8_t> places(2 * 2 * 3 * 8, 4);  // the middle of a window is never padding
  *a = {.dy = m.in({2, 2, 3, 8}), .index = device.of_integers(OCT_U8, {2, 2, 3, 8}, places), .dx = m.out(kMaps), .pool = {3, 2, 1}};
}

void make_sample(Device& device, uint64_t seed, oct_max_pool_forward_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in(kMaps), .y = m.out({2, 2, 3, 8}), .index = device.empty(OCT_U8, {2, 2, 3, 8}), .pool = {3, 2, 1}};
}

void make_sample(Device& device, uint64_t seed, oct_normalize_pixels_args* a) {
  std::vector<uint8_t> pixels(2 * 3 * 5 * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 37 + seed);
  *a = {.x = device.of_integers(OCT_U8, {2, 3, 5, 3}, pixels),
        .y = device.empty(OCT_F32, {2, 3, 5, 3}),
        .mean = {0.5f, 0.4f, 0.3f, 0},
        .deviation = {0.25f, 0.5f, 0.75f, 1}};
}

void make_sample(Device& device, uint64_t seed, oct_relu_backward_args* a) {
  Maker m{device, seed};
  *a = {.y = m.in({3, 7}), .dy = m.in({3, 7}), .dx = m.out({3, 7})};
}

void make_sample(Device& device, uint64_t seed, oct_relu_forward_args* a) {
  Maker m{device, seed};
  *a = {.x = m.in({3, 7}), .y = m.out({3, 7})};
}

void make_sample(Device& device, uint64_t seed, oct_sgd_step_args* a) {
  Maker m{device, seed};
  *a = {.parameter = m.in({40}),
        .gradient = m.in({40}),
        .buffer = m.in({40}),
        .parameter_bf16 = device.empty(OCT_BF16, {40}),
        .segment_ends = device.of_integers<int64_t>(OCT_I64, {3}, {7, 20, 40}),
        .segment_decay = m.in({3}, 0, 0.1f),
        .rates = device.rates(0.1f, 0.5f),
        .momentum = 0.9f,
        .nesterov = 1};
}

void make_sample(Device& device, uint64_t seed, oct_sigmoid_cross_entropy_args* a) { make_loss({device, seed}, a); }
void make_sample(Device& device, uint64_t seed, oct_softmax_cross_entropy_args* a) { make_loss({device, seed}, a); }

void make_sample(Device& device, uint64_t seed, oct_transform_images_args* a) {
  std::vector<uint8_t> pixels(2 * 5 * 4 * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 91 + seed);
  *a = {.pixels = device.of_integers(OCT_U8, {static_cast<int64_t>(pixels.size())}, pixels),
        .offsets = device.of_integers<int64_t>(OCT_I64, {2}, {0, 60}),
        .geometry = device.of_integers<int32_t>(OCT_I32, {2, 8}, {5, 4, 1, 0, 4, 3, 0, 0, 5, 4, 0, 1, 5, 3, 1, 0}),
        .y = device.empty(OCT_F32, {2, 3, 2, 3}),
        .mean = {0.5f, 0.4f, 0.3f},
        .deviation = {0.25f, 0.5f, 0.75f}};
}

}  // namespace oct::test
