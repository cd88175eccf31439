package org.octothorpe;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One operation, prepared for its tensors, to be bound to memory once and run as often as wanted.
 *
 * <p>Preparing checks shapes, types and options and chooses the kernel; the tensors need no memory
 * yet. {@link #bind} takes their addresses and scratch memory. {@link #run} enqueues the operation
 * and does nothing else: it chooses nothing and allocates nothing.
 *
 * <p>What a call keeps for itself is a few hundred bytes, freed by {@link #close} or, at the
 * latest, when nothing refers to the call any more. A call is used by one thread at a time, that of
 * its device.
 */
public abstract class Call implements AutoCloseable {
  private final Device device;
  private final Tensor[] operands;
  private @Nullable Tensor scratch;
  private boolean bound;
  private boolean closed;

  /**
   * Prepares a call.
   *
   * @param operands the tensors whose addresses it keeps
   */
  protected Call(Device device, List<Tensor> operands) {
    this.device = device;
    this.operands = operands.toArray(Tensor[]::new);
  }

  /** Returns the operation, for messages and reports. */
  public abstract String name();

  /** Returns who computes it, as in {@code octothorpe} or {@code oneDNN 3.13.0}. */
  public abstract String provider();

  /** Returns the name of the kernel that was chosen; empty where there is one only. */
  public abstract String kernel();

  /** Returns the scratch bytes that {@link #bind} needs; may be 0. */
  public abstract long workspaceBytes();

  /**
   * Takes the addresses of the tensors, which must have their memory by now. May be called again
   * after they were bound to other memory.
   *
   * @param workspace at least {@link #workspaceBytes()} long, 64-byte aligned, which nothing else
   *     may write while the call runs; may be null if that is 0
   * @return this
   * @throws IllegalArgumentException if tensors overlap that must not, or the workspace is too
   *     small; the message names them
   * @throws IllegalStateException if a tensor has no memory or was closed
   */
  @CanIgnoreReturnValue
  public final Call bind(@Nullable Tensor workspace) {
    requireOpen();
    if (workspaceBytes() > 0 && workspace == null) {
      throw new IllegalArgumentException(
          name() + ": workspace is null, but must have at least " + workspaceBytes() + " bytes");
    }
    bound = false;
    bindTo(workspace);
    if (scratch != null && scratch != workspace) {
      scratch.close();
      scratch = null;
    }
    bound = true;
    return this;
  }

  /**
   * Enqueues the operation. A call that was not bound is bound first, to scratch memory of its own.
   *
   * @throws IllegalArgumentException if values in memory break a rule of the operation
   * @throws OctothorpeException if the device fails
   */
  public final void run() {
    if (!bound) {
      bindToOwnScratch();
    }
    if (closed) {
      throw new IllegalStateException(name() + " is used after close");
    }
    for (Tensor operand : operands) {
      operand.requireOpen();
    }
    enqueue();
  }

  private void bindToOwnScratch() {
    requireOpen();
    long bytes = workspaceBytes();
    scratch = bytes == 0 ? null : device.allocate(DType.U8, Shape.of(bytes));
    bind(scratch);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(name() + " is used after close");
    }
  }

  /** Keeps the addresses of the operands and of the workspace. */
  protected abstract void bindTo(@Nullable Tensor workspace);

  /** Enqueues the operation; everything is open and bound. */
  protected abstract void enqueue();

  /** Frees what the call holds beside its scratch memory; called once. */
  protected abstract void release();

  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      try {
        if (scratch != null) {
          scratch.close();
        }
      } finally {
        release();
      }
    }
  }
}
