package org.octothorpe.onednn;

import org.octothorpe.Device;
import org.octothorpe.ops.KernelProvider;
import org.octothorpe.ops.KernelProviderFactory;

/** oneDNN for the device {@code cpu}. */
public final class OneDnnFactory implements KernelProviderFactory {
  /** For {@link java.util.ServiceLoader}. */
  public OneDnnFactory() {}

  @Override
  public boolean serves(Device device) {
    return device.name().equals("cpu");
  }

  @Override
  public KernelProvider open(Device device) {
    return new OneDnn(device);
  }
}
