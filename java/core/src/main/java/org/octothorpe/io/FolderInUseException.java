package org.octothorpe.io;

import java.io.IOException;

/** A folder that another process, or another part of this one, works in. */
public final class FolderInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  FolderInUseException(String message) {
    super(message);
  }
}
