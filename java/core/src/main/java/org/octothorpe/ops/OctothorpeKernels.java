package org.octothorpe.ops;

import org.octothorpe.Call;
import org.octothorpe.bindings.oct_conv;
import org.octothorpe.bindings.oct_grouped_conv_backward_data_args;
import org.octothorpe.bindings.oct_grouped_conv_backward_weight_args;
import org.octothorpe.bindings.oct_grouped_conv_forward_args;
import org.octothorpe.bindings.oct_linear_backward_data_args;
import org.octothorpe.bindings.oct_linear_backward_weight_args;
import org.octothorpe.bindings.oct_linear_forward_args;
import org.octothorpe.bindings.octothorpe;

/**
 * This library's own kernels: every device has them, for every problem that the contract allows.
 */
public final class OctothorpeKernels implements KernelProvider {
  static final String NAME = "octothorpe";

  OctothorpeKernels() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean deterministic() {
    return true;
  }

  @Override
  public Call convolution(ConvProblem p) {
    try (oct_conv conv = p.conv().struct()) {
      return switch (p.pass()) {
        case FORWARD ->
            NativeCall.<oct_grouped_conv_forward_args>prepare(
                "grouped_conv_forward",
                octothorpe::oct_grouped_conv_forward_prepare,
                new oct_grouped_conv_forward_args().conv(conv),
                p.x(),
                p.weight(),
                p.bias(),
                p.y());
        case BACKWARD_DATA ->
            NativeCall.<oct_grouped_conv_backward_data_args>prepare(
                "grouped_conv_backward_data",
                octothorpe::oct_grouped_conv_backward_data_prepare,
                new oct_grouped_conv_backward_data_args().conv(conv),
                p.y(),
                p.weight(),
                p.x());
        case BACKWARD_WEIGHT ->
            NativeCall.<oct_grouped_conv_backward_weight_args>prepare(
                "grouped_conv_backward_weight",
                octothorpe::oct_grouped_conv_backward_weight_prepare,
                new oct_grouped_conv_backward_weight_args().conv(conv),
                p.x(),
                p.y(),
                p.weight(),
                p.bias());
      };
    }
  }

  @Override
  public Call linear(LinearProblem p) {
    return switch (p.pass()) {
      case FORWARD ->
          NativeCall.<oct_linear_forward_args>prepare(
              "linear_forward",
              octothorpe::oct_linear_forward_prepare,
              new oct_linear_forward_args(),
              p.x(),
              p.weight(),
              p.bias(),
              p.y());
      case BACKWARD_DATA ->
          NativeCall.<oct_linear_backward_data_args>prepare(
              "linear_backward_data",
              octothorpe::oct_linear_backward_data_prepare,
              new oct_linear_backward_data_args(),
              p.y(),
              p.weight(),
              p.x());
      case BACKWARD_WEIGHT ->
          NativeCall.<oct_linear_backward_weight_args>prepare(
              "linear_backward_weight",
              octothorpe::oct_linear_backward_weight_prepare,
              new oct_linear_backward_weight_args(),
              p.x(),
              p.y(),
              p.weight(),
              p.bias());
    };
  }

  @Override
  public void close() {}
}
