package org.octothorpe.data.images;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;

/**
 * A place in native memory where an {@link ImageReader} writes the pixels of images, u8 [size,
 * size, 3]. Made once and used for any number of images, so that reading one does not allocate.
 */
public final class PixelBuffer {
  private final ByteBuffer bytes; // keeps the memory
  private final BytePointer pointer;

  private PixelBuffer(ByteBuffer bytes) {
    this.bytes = bytes;
    this.pointer = new BytePointer(bytes);
  }

  /**
   * Returns the place at a buffer's position.
   *
   * @param bytes a direct buffer whose memory must not be freed while this is used
   * @throws IllegalArgumentException if it is not direct
   */
  public static PixelBuffer at(ByteBuffer bytes) {
    if (!bytes.isDirect()) {
      throw new IllegalArgumentException("pixels: the buffer is on the heap, but must be direct");
    }
    return new PixelBuffer(bytes.slice());
  }

  /** Allocates room for one image of {@code size} x {@code size} pixels. */
  public static PixelBuffer ofSize(int size) {
    return at(ByteBuffer.allocateDirect(Math.multiplyExact(3 * size, size)));
  }

  /** Copies the first bytes of the pixels. */
  public void get(byte[] rgb) {
    bytes.get(0, rgb);
  }

  BytePointer pointer() {
    return pointer;
  }
}
