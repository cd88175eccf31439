// Oracle of sgd_step: one parameter's step in double precision, and with the roundings of torch.
#pragma once
#include "../support/expect.h"

namespace oct::test {

struct SgdOptions {
  float learning_rate, momentum, decay, gradient_scale;
  bool nesterov;
};

/// Parameter and buffer in double precision, each with a bound of the error that F32 makes.
struct SgdExact {
  double parameter, buffer, parameter_error = 0, buffer_error = 0;

  /// `gradient_error` bounds what is wrong with the gradient itself.
  void step(const SgdOptions& o, double gradient, double gradient_error = 0) {
    const auto momentum = static_cast<double>(o.momentum), rate = static_cast<double>(o.learning_rate);
    const double decay = static_cast<double>(o.decay), scale = static_cast<double>(o.gradient_scale);
    const double g = scale * gradient + decay * parameter;
    buffer = momentum * buffer + g;
    parameter -= rate * (o.nesterov ? g + momentum * buffer : buffer);
    // Four roundings make the buffer, three more the parameter, each 2^-24 of a value that the sums of magnitudes bound; the errors of the
    // step before carry on with the factors of the formula.
    const double size = std::fabs(scale * gradient) + std::fabs(g) + 2 * std::fabs(buffer) + std::fabs(parameter) + 1;
    buffer_error = momentum * buffer_error + decay * parameter_error + std::fabs(scale) * gradient_error + 4 * kUnit * size;
    parameter_error += rate * 2 * buffer_error + 3 * kUnit * size;
  }
};

/// F32 with torch's roundings: what a GPU must give bit by bit.
inline void sgd_step_as_torch(const SgdOptions& o, float gradient, float* parameter, float* buffer) {
  const float g = std::fma(o.decay, *parameter, o.gradient_scale * gradient);
  const volatile float product = o.momentum * *buffer;  // rounded, not fused with the sum
  *buffer = product + g;
  const float direction = o.nesterov ? std::fma(o.momentum, *buffer, g) : *buffer;
  *parameter = std::fma(-o.learning_rate, direction, *parameter);
}

}  // namespace oct::test
