package org.octothorpe.dense;

import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.bindings.octothorpe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dense kernels of oneDNN on the CPU. Activations stay NHWC; weights are reordered into the library's own layout inside
 * each call, since an optimiser step lies between two calls. Bitwise repeatable for a fixed number of threads.
 *
 * <p>What the library lacks on a processor (BF16 before AVX-512, say) comes from {@link OctothorpeDense}.
 */
public final class OneDnn implements DenseKernels {
  private static final Logger LOG = LoggerFactory.getLogger(OneDnn.class);

  private final int threads;
  private final OctothorpeDense fallback;
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private boolean warned;
  private boolean closed;

  /** Opens the library for a CPU device. */
  public OneDnn(Device device) {
    this.threads = device.threads();
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
  public DenseCall convolution(DensePass pass, DenseConv shape, DType dtype, boolean bias) {
    OneDnnHandles handles = new OneDnnHandles(OneDnnConvolution.describe(pass, shape, dtype));
    return prepare(
        handles,
        call -> {
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
      DensePass pass, long batch, long inputs, long outputs, DType dtype, boolean bias) {
    OneDnnHandles handles =
        new OneDnnHandles(OneDnnMatmul.describe(pass, batch, inputs, outputs, dtype));
    return prepare(
        handles,
        call -> OneDnnMatmul.linear(handles, engine, call, pass, batch, inputs, outputs, dtype, bias),
        () -> fallback.linear(pass, batch, inputs, outputs, dtype, bias));
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
    // The library divides the work, and sizes its scratchpads, by the thread count of the thread that prepares.
    octothorpe.oct_set_calling_thread_parallelism(threads);
    boolean prepared = false;
    try {
      OneDnnCall call = new OneDnnCall(handles, engine, stream, threads);
      preparation.addTo(call);
      prepared = true;
      return call;
    } catch (OneDnnUnsupported e) {
      if (!warned) {
        warned = true;
        LOG.info("{}; this call, and others like it, take the kernels of this library", e.getMessage());
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
