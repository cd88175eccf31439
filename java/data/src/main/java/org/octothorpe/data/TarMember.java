package org.octothorpe.data;

/**
 * A regular file in a tar.
 *
 * @param name as stored: a relative path without ".."
 * @param start of its first header in the tar
 * @param offset of its first byte in the tar
 * @param bytes its size
 */
record TarMember(String name, long start, long offset, long bytes) {}
