package org.octothorpe.io;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** A stream that takes so many bytes and then fails as a full disk does. */
public final class FullDisk extends FilterOutputStream {
  public static final String MESSAGE = "No space left on device";

  private long room;

  public FullDisk(OutputStream out, long room) {
    super(out);
    this.room = room;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int count = (int) Math.min(room, length);
    out.write(bytes, offset, count);
    room -= count;
    if (count < length) {
      throw new IOException(MESSAGE);
    }
  }
}
