package org.octothorpe.data;

/**
 * A regular file in a tar.
 *
 * @param name as stored: a relative path without ".."
 * @param offset of its first byte in the tar
 * @param bytes its size
 */
record TarMember(String name, long offset, long bytes) {}
