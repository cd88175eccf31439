package org.octothorpe.cuda;

import org.octothorpe.DeviceProvider;
import org.octothorpe.cuda.bindings.emulated;
import org.octothorpe.internal.Natives;

/**
 * The emulated device: the CUDA kernels run thread by thread on the CPU, under a checker of memory
 * accesses and synchronization. Slow; for tests, and for machines without a GPU.
 *
 * <p>A finding of the checker is an {@link org.octothorpe.OctothorpeException} of the call that
 * launched the kernel; it names kernel, file, line, block and thread.
 */
public final class EmulatedProvider implements DeviceProvider {
  /** For {@link java.util.ServiceLoader}. */
  public EmulatedProvider() {}

  @Override
  public String kind() {
    return "emulated";
  }

  @Override
  public boolean numbered() {
    return false;
  }

  @Override
  public long table() {
    Natives.load(
        emulated.class,
        "the emulated device",
        "add org.octothorpe:octothorpe-cuda with the classifier linux-x86_64 to the class path");
    return emulated.oct_emulated_device().address();
  }
}
