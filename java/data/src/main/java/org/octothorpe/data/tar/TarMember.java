package org.octothorpe.data.tar;

import org.octothorpe.data.files.MemberName;

/**
 * A file in a tar.
 *
 * @param name as stored, as {@link MemberName} writes it; nothing is unpacked under it
 * @param start of its first header in the tar
 * @param offset of its first byte in the tar; for a hard link, of the file that it leads to
 * @param bytes its size
 * @param obstacle why it cannot be read; empty if it can
 */
public record TarMember(String name, long start, long offset, long bytes, String obstacle) {
  /** A file that can be read. */
  TarMember(String name, long start, long offset, long bytes) {
    this(name, start, offset, bytes, "");
  }
}
