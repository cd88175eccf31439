package org.octothorpe.data.samples;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.octothorpe.data.machine.Sha256;
import org.octothorpe.data.tar.TarIndex;

/** A short hash of the end of a stored image, where its pixels are: other pictures have others. */
public final class SampleProbe {
  private static final int BYTES = 1 << 16;
  private static final int HASH_BYTES = 8;

  private SampleProbe() {}

  /** Returns the hash of an image's last 64 KiB; that of none if they cannot be read. */
  public static String of(Sample sample) {
    byte[] end = new byte[Math.min(BYTES, sample.bytes())];
    try (FileChannel file = FileChannel.open(sample.content())) {
      TarIndex.readFully(file, sample.offset() + sample.bytes() - end.length, end);
    } catch (IOException e) {
      return "unreadable"; // the decoder reports why
    }
    MessageDigest digest = Sha256.digest();
    return HexFormat.of().formatHex(digest.digest(end), 0, HASH_BYTES);
  }
}
