package org.octothorpe.data.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.octothorpe.data.machine.Sha256;

/**
 * A file by its contents, for the record of where a set came from.
 *
 * @param file path or name
 * @param bytes its size
 * @param sha256 of its contents, in hexadecimal digits
 */
public record InputFile(String file, long bytes, String sha256) {
  /**
   * Reads a file.
   *
   * @param name what it is called in the record
   */
  public static InputFile of(Path path, String name) throws IOException {
    MessageDigest digest = Sha256.digest();
    long bytes = 0;
    try (InputStream in = Files.newInputStream(path)) {
      byte[] buffer = new byte[1 << 18];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        bytes += n;
      }
    }
    return new InputFile(name, bytes, HexFormat.of().formatHex(digest.digest()));
  }
}
