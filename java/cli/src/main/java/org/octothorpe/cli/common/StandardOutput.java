package org.octothorpe.cli.common;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * The standard output, of which a failed write ends the command: a {@link PrintWriter} alone would
 * keep silent about a full disk or a closed pipe.
 */
public final class StandardOutput extends Writer {
  private final Writer target;

  private StandardOutput(OutputStream stream) {
    target = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
  }

  /** Returns a writer to the standard output of this process. */
  public static PrintWriter open() {
    return on(new FileOutputStream(FileDescriptor.out));
  }

  /** Returns a writer to a stream; whatever the stream refuses is thrown, unchecked. */
  public static PrintWriter on(OutputStream stream) {
    return new PrintWriter(new StandardOutput(stream), true);
  }

  @Override
  public void write(char[] text, int offset, int length) {
    attempt(() -> target.write(text, offset, length));
  }

  @Override
  public void flush() {
    attempt(target::flush);
  }

  @Override
  public void close() {
    attempt(target::close);
  }

  @FunctionalInterface
  private interface Action {
    void run() throws IOException;
  }

  private static void attempt(Action action) {
    try {
      action.run();
    } catch (IOException e) {
      // A PrintWriter catches the checked one.
      throw new UncheckedIOException("standard output: " + e.getMessage(), e);
    }
  }
}
