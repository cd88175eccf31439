package org.octothorpe.ops;

import org.octothorpe.Device;

/** Opens a provider for the devices that it serves; found by {@link java.util.ServiceLoader}. */
public interface KernelProviderFactory {
  /** Returns whether the provider has kernels for the device. */
  boolean serves(Device device);

  /** Opens the provider, which is closed with the device. */
  KernelProvider open(Device device);
}
