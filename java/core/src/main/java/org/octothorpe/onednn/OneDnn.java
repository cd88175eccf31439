package org.octothorpe.onednn;

import org.octothorpe.Pass;
import org.octothorpe.dense.DenseCall;
import org.octothorpe.dense.DenseConv;
import org.octothorpe.dense.DenseKernels;
import org.octothorpe.dense.OctothorpeDense;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.bindings.octothorpe;

/**
 * Dense kernels of oneDNN on the CPU. Activations stay NHWC; weights are reordered into the
 * library's own layout inside each call, since an optimiser step lies between two calls. Bitwise
 * repeatable for a fixed number of threads.
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
 * <p>What the library lacks on a processor (BF16 before AVX-512, say) comes from {@link
 * OctothorpeDense}.
 */
public final class OneDnn implements DenseKernels {
  private static final System.Logger LOG = System.getLogger(OneDnn.class.getName());

  private final Device device;
  private final OctothorpeDense fallback;
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private boolean warned;
  private boolean closed;

  /** Opens the library for a CPU device. */
  public OneDnn(Device device) {
    this.device = device;
    this.fallback = new OctothorpeDense(device);
    check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0));
    check(dnnl.dnnl_stream_create(stream, engine, dnnl.dnnl_stream_default_flags));
  }

  @Override
  public String name() {
    dnnl_version_t version = dnnl.dnnl_version();
    return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch();
  }

  @Override
  public DenseCall convolution(Pass pass, DenseConv shape, DType dtype, boolean bias) {
    OneDnnHandles handles = new OneDnnHandles(OneDnnConvolution.describe(pass, shape, dtype));
    return prepare(
        handles,
        call -> {
          requireCountable(handles, shape);
          if (OneDnnMatmul.suits(pass, shape, dtype, bias)) {
            OneDnnMatmul.convolution(handles, engine, call, pass, shape, dtype, bias);
          } else {
            OneDnnConvolution.add(handles, engine, call, pass, shape, dtype, bias);
          }
        },
        () -> fallback.convolution(pass, shape, dtype, bias));
  }

  @Override
  public DenseCall linear(
      Pass pass, long batch, long inputs, long outputs, DType dtype, boolean bias) {
    OneDnnHandles handles =
        new OneDnnHandles(OneDnnMatmul.describe(pass, batch, inputs, outputs, dtype));
    return prepare(
        handles,
        call ->
            OneDnnMatmul.linear(handles, engine, call, pass, batch, inputs, outputs, dtype, bias),
        () -> fallback.linear(pass, batch, inputs, outputs, dtype, bias));
  }

  /** The library counts pixels in 32 bits and divides by the count, 0 where that overflows. */
  private static void requireCountable(OneDnnHandles handles, DenseConv shape)
      throws OneDnnUnsupported {
    long pixels = shape.n() * Math.max(shape.h() * shape.w(), shape.p() * shape.q());
    if (pixels > Integer.MAX_VALUE) {
      throw new OneDnnUnsupported(
          handles.what() + " has " + pixels + " pixels; oneDNN counts to " + Integer.MAX_VALUE);
    }
  }

  @FunctionalInterface
  private interface Preparation {
    void addTo(OneDnnCall call) throws OneDnnUnsupported;
  }

  private DenseCall prepare(
      OneDnnHandles handles, Preparation preparation, Supplier<DenseCall> own) {
    if (closed) {
      throw new IllegalStateException(name() + " is used after close");
    }
    // The library divides the work, and sizes its scratchpads, by the thread count of the thread
    // that prepares.
    octothorpe.oct_set_calling_thread_parallelism(device.threads());
    boolean prepared = false;
    try {
      OneDnnCall call = new OneDnnCall(handles, engine, stream, device);
      preparation.addTo(call);
      prepared = true;
      return call;
    } catch (OneDnnUnsupported e) {
      if (!warned) {
        warned = true;
        LOG.log(
            System.Logger.Level.DEBUG,
            "{0}; this call, and others like it, take the kernels of this library",
            e.getMessage());
      }
      return own.get();
    } finally {
      if (!prepared) {
        handles.close();
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
