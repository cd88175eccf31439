package org.octothorpe.data.faults;

/** A record, label file or row that breaks its format; the message is the reason. */
public final class MalformedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Makes an exception with a reason. */
  public MalformedException(String reason) {
    super(reason);
  }
}
