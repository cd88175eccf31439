package org.octothorpe.cuda;

import org.octothorpe.DeviceProvider;
import org.octothorpe.cuda.bindings.cuda;
import org.octothorpe.internal.Natives;

/**
 * NVIDIA GPUs of compute capability 8.0 or later, numbered as the CUDA runtime does. The library
 * loads without a driver; opening a device then fails and says why.
 */
public final class CudaProvider implements DeviceProvider {
  /** For {@link java.util.ServiceLoader}. */
  public CudaProvider() {}

  @Override
  public String kind() {
    return "cuda";
  }

  @Override
  public boolean numbered() {
    return true;
  }

  @Override
  public long table() {
    Natives.load(
        cuda.class,
        "the CUDA kernels",
        "add org.octothorpe:octothorpe-cuda with the classifier linux-x86_64-cuda to the class path"
            + " (in a checkout: OCTOTHORPE_CUDA=on ./octothorpe build, which needs nvcc)");
    return cuda.oct_cuda_device().address();
  }
}
