package org.octothorpe.dense;

import org.octothorpe.Pass;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_grouped_conv;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.Call;
import org.octothorpe.ops.Status;

/**
 * Dense kernels of this library itself: the grouped convolution with one group, and its matrix
 * product. Bitwise equal for any number of threads, which a vendor does not promise.
 */
public final class OctothorpeDense implements DenseKernels {
  private final Device device;

  /** Makes the dense kernels of a device. */
  public OctothorpeDense(Device device) {
    this.device = device;
  }

  @Override
  public String name() {
    return "octothorpe";
  }

  @Override
  public DenseCall convolution(Pass pass, DenseConv shape, DType dtype, boolean bias) {
    oct_grouped_conv conv = new oct_grouped_conv();
    conv.groups(1).stride_h(shape.stride()).stride_w(shape.stride());
    conv.padding_h(shape.padding()).padding_w(shape.padding());
    conv.dilation_h(1).dilation_w(1);
    oct_context context = device.context();
    try (Tensor x = device.unbound(dtype, shape.x());
        Tensor weight = device.unbound(dtype, shape.weight());
        Tensor y = device.unbound(dtype, shape.y());
        SizeTPointer bytes = new SizeTPointer(1)) {
      Status.check(
          octothorpe.oct_grouped_conv_workspace(
              context,
              pass.code(),
              conv,
              x.descriptor(),
              weight.descriptor(),
              y.descriptor(),
              bytes));
      return new Prepared(
          bytes.get(),
          (a, b, bi, out, workspace, size) ->
              switch (pass) {
                case FORWARD ->
                    octothorpe.oct_grouped_conv_forward(
                        context, conv, a, b, bi, out, workspace, size);
                case BACKWARD_DATA ->
                    octothorpe.oct_grouped_conv_backward_data(
                        context, conv, a, b, out, workspace, size);
                case BACKWARD_WEIGHT ->
                    octothorpe.oct_grouped_conv_backward_weight(
                        context, conv, a, b, out, bi, workspace, size);
              });
    }
  }

  @Override
  public DenseCall linear(
      Pass pass, long batch, long inputs, long outputs, DType dtype, boolean bias) {
    oct_context context = device.context();
    try (Tensor x = device.unbound(dtype, Shape.of(batch, inputs));
        Tensor weight = device.unbound(dtype, Shape.of(outputs, inputs));
        Tensor y = device.unbound(dtype, Shape.of(batch, outputs));
        SizeTPointer bytes = new SizeTPointer(1)) {
      Status.check(
          octothorpe.oct_linear_workspace(
              context, pass.code(), x.descriptor(), weight.descriptor(), y.descriptor(), bytes));
      return new Prepared(
          bytes.get(),
          (a, b, bi, out, workspace, size) ->
              switch (pass) {
                case FORWARD ->
                    octothorpe.oct_linear_forward(context, a, b, bi, out, workspace, size);
                case BACKWARD_DATA ->
                    octothorpe.oct_linear_backward_data(context, a, b, out, workspace, size);
                case BACKWARD_WEIGHT ->
                    octothorpe.oct_linear_backward_weight(context, a, b, out, bi, workspace, size);
              });
    }
  }

  @Override
  public void close() {}

  @FunctionalInterface
  private interface NativeCall {
    int run(
        oct_tensor a,
        oct_tensor b,
        @Nullable oct_tensor bias,
        oct_tensor out,
        @Nullable Pointer workspace,
        long workspaceBytes);
  }

  private record Prepared(long workspaceBytes, NativeCall call) implements DenseCall {
    @Override
    public Call bind(
        Tensor a, Tensor b, @Nullable Tensor bias, Tensor out, @Nullable Tensor workspace) {
      oct_tensor ad = a.descriptor();
      oct_tensor bd = b.descriptor();
      oct_tensor biasd = bias == null ? null : bias.descriptor();
      oct_tensor outd = out.descriptor();
      Pointer scratch = workspace == null ? null : workspace.data();
      long bytes = workspace == null ? 0 : workspace.bytes();
      return () -> Status.check(call.run(ad, bd, biasd, outd, scratch, bytes));
    }

    @Override
    public void close() {}
  }
}
