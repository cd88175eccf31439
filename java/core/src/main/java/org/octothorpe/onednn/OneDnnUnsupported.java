package org.octothorpe.onednn;

/**
 * Says that oneDNN has no fast kernel for a call; caught inside this package, which then takes its
 * own kernels.
 */
public final class OneDnnUnsupported extends Exception {
  private static final long serialVersionUID = 1L;

  OneDnnUnsupported(String message) {
    super(message);
  }
}
