package org.octothorpe.data.samples;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.octothorpe.data.machine.Sha256;

/**
 * The number from which all that is random about an image is drawn: a hash of its id, so that
 * neither its place in a data set nor the splitting of the data set changes what is drawn.
 *
 * @param high the first 8 bytes of the SHA-256 of the id in UTF-8; the key of draws
 * @param low the next 8 bytes, which distinguish ids that agree in the first
 */
public record SampleKey(long high, long low) implements Serializable {
  private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(Sha256::digest);

  /** Returns the key of an id. */
  public static SampleKey of(String id) {
    ByteBuffer hash = ByteBuffer.wrap(DIGEST.get().digest(id.getBytes(StandardCharsets.UTF_8)));
    return new SampleKey(hash.getLong(), hash.getLong());
  }
}
