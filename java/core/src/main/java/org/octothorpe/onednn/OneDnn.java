package org.octothorpe.onednn;

import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.octothorpe.Call;
import org.octothorpe.Device;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.ops.ConvProblem;
import org.octothorpe.ops.KernelProvider;
import org.octothorpe.ops.Kernels;
import org.octothorpe.ops.LinearProblem;
import org.octothorpe.ops.RefusedException;

/**
 * Dense convolutions and matrix products of oneDNN on the CPU. Activations stay NHWC; weights are
 * reordered into the library's own layout inside each call, since an optimizer step lies between
 * two calls. Bitwise repeatable for a fixed number of threads.
 *
 * <p>A 1x1 convolution of stride 1 is a matrix product over N*H*W rows as well. Which is faster was
 * measured on one core of an AMD EPYC of family 26 (Zen 5; FMA peak 260 GFLOP/s F32, 520 BF16),
 * convolution against product, GFLOP/s:
 *
 * <pre>
 * rows x C -&gt; K            forward             backward_data       backward_weight
 *                          F32      BF16       F32      BF16       F32      BF16
 * 25088 x   64 -&gt;  128     192/200  481/460    227/224  492/478     80/122  334/323
 *  6272 x  512 -&gt;  256     226/225  465/435    227/217  456/459    179/197  330/384
 *  1568 x  512 -&gt; 1024     232/224  458/454    235/217  470/453    189/200  318/393
 *  1024 x  512 -&gt; 1024     215/230  421/480    226/222  451/472    186/212  306/445
 *   392 x 1024 -&gt; 2048     163/223  332/427    191/200  377/414    166/225  285/448
 *   256 x 1024 -&gt; 2048     125/222  263/455    163/216  295/436    149/222  143/437
 * </pre>
 *
 * <p>So the weight gradient is taken as a product (in BF16 from more than 128 inputs), the others
 * up to 1,024 rows: with few rows the reorder of the weights, twice the size of the layer, is no
 * longer small against the arithmetic. With stride 2 the product works on a dense copy of the
 * pixels that the stride meets, in every pass: 192 to 226 GFLOP/s F32 and 341 to 455 BF16, where
 * the convolution has 83 to 185 and 113 to 331.
 *
 * <p>Refused is what the library lacks on a processor (BF16 before AVX-512, say), and what has more
 * than one group: this project's own kernels are faster up to 8 channels per group in most passes
 * and close above (the head of {@code native/src/cpu/grouped_conv.cpp} has the times of both).
 */
final class OneDnn implements KernelProvider {
  private final Device device;
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private boolean closed;

  /** Opens the library for a CPU device. */
  OneDnn(Device device) {
    this.device = device;
    check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0));
    check(dnnl.dnnl_stream_create(stream, engine, dnnl.dnnl_stream_default_flags));
  }

  @Override
  public String name() {
    dnnl_version_t version = dnnl.dnnl_version();
    return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch();
  }

  @Override
  public boolean deterministic() {
    return false;
  }

  @Override
  public Call convolution(ConvProblem problem) throws RefusedException {
    if (problem.conv().groups() > 1) {
      throw new RefusedException(
          problem
              + " has more than one group; grouped convolutions are left to octothorpe's kernels");
    }
    check(Kernels.own().convolution(problem));
    requireCountable(problem);
    return prepare(
        OneDnnOperands.of(problem),
        call -> {
          if (OneDnnMatmul.suits(problem)) {
            OneDnnMatmul.convolution(call, problem);
          } else {
            OneDnnConvolution.add(call, problem);
          }
        });
  }

  @Override
  public Call linear(LinearProblem problem) throws RefusedException {
    check(Kernels.own().linear(problem));
    return prepare(OneDnnOperands.of(problem), call -> OneDnnMatmul.linear(call, problem));
  }

  /** Closes a call that was prepared for its checks: oneDNN's messages do not name the argument. */
  private static void check(Call own) {
    own.close();
  }

  /** oneDNN counts pixels in 32 bits; on overflow the count is 0 and it divides by it. */
  private static void requireCountable(ConvProblem p) throws RefusedException {
    long pixels = p.n() * Math.max(p.h() * p.w(), p.p() * p.q());
    if (pixels > Integer.MAX_VALUE) {
      throw new RefusedException(
          p + " has " + pixels + " pixels; oneDNN counts to " + Integer.MAX_VALUE);
    }
  }

  @FunctionalInterface
  private interface Preparation {
    void addTo(OneDnnCall call) throws RefusedException;
  }

  private Call prepare(OneDnnOperands operands, Preparation preparation) throws RefusedException {
    if (closed) {
      throw new IllegalStateException(name() + " is used after close");
    }
    // The library divides the work, and sizes its scratchpads, by the thread count of the thread
    // that prepares.
    octothorpe.oct_set_calling_thread_parallelism(device.threads());
    OneDnnCall call = new OneDnnCall(operands, name(), engine, stream, device);
    boolean prepared = false;
    try {
      preparation.addTo(call);
      prepared = true;
      return call;
    } finally {
      if (!prepared) {
        call.close();
      }
    }
  }

  private void check(int status) {
    if (status != dnnl.dnnl_success) {
      throw OneDnnStatus.failure(status, "opening " + name());
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      dnnl.dnnl_stream_destroy(stream);
      dnnl.dnnl_engine_destroy(engine);
    }
  }
}
