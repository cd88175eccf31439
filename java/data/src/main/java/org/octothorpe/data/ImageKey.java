package org.octothorpe.data;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A number that stands for an image wherever chance decides about it: a hash of its id, so that
 * neither its place in a data set nor the splitting of the data set changes what is drawn.
 *
 * @param high the first 8 bytes of the SHA-256 of the id in UTF-8; the key of draws
 * @param low the next 8 bytes, which tell ids apart that agree in the first
 */
public record ImageKey(long high, long low) implements Serializable {
  private static final ThreadLocal<MessageDigest> DIGEST =
      ThreadLocal.withInitial(ImageKey::sha256);

  /** Returns the key of an id. */
  public static ImageKey of(String id) {
    ByteBuffer hash = ByteBuffer.wrap(DIGEST.get().digest(id.getBytes(StandardCharsets.UTF_8)));
    return new ImageKey(hash.getLong(), hash.getLong());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
