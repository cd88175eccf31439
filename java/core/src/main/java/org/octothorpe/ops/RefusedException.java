package org.octothorpe.ops;

/** Why a {@link KernelProvider} does not compute something. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Makes a refusal that says what it does not compute and why. */
  public RefusedException(String reason) {
    super(reason);
  }

  /** Returns the reason. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
