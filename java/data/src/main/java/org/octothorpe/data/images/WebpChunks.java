package org.octothorpe.data.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The chunks of a WebP file, RFC 9649: lossy and lossless ones, animations and extended files. */
final class WebpChunks {
  private static final int RIFF = 12;
  private static final int HEADER = 8;
  private static final int ANIMATION_FRAME = 16; // bytes before the frame's own chunks

  private final byte[] file;
  private final ByteBuffer in;
  private int pixels = -1; // where the chunk of the first picture starts
  private byte @Nullable [] exif;

  private WebpChunks(byte[] file) {
    this.file = file;
    this.in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Returns the first picture of the file, without what is not pixels.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static BareImage bare(byte[] file) {
    WebpChunks chunks = new WebpChunks(file);
    long length = RIFF + 4 <= file.length ? chunks.in.getInt(4) & 0xFFFF_FFFFL : Long.MAX_VALUE;
    if (length > file.length - 8) {
      throw new IllegalArgumentException("truncated");
    }
    chunks.walk(RIFF, (int) length + 8);
    return chunks.picture();
  }

  private void walk(int from, int end) {
    int at = from;
    while (end - at >= HEADER) {
      long length = length(at);
      if (length > end - at - HEADER) {
        if (pixels >= 0) {
          return; // what follows the picture
        }
        throw new IllegalArgumentException("truncated in a chunk of " + length + " bytes");
      }
      int content = at + HEADER;
      String type = type(at);
      if (type.startsWith("VP8") && !type.equals("VP8X") && pixels < 0) {
        pixels = at;
      } else if (type.equals("ANMF") && pixels < 0 && length > ANIMATION_FRAME) {
        walk(content + ANIMATION_FRAME, content + (int) length);
      } else if (type.equals("EXIF") && exif == null) {
        exif = Arrays.copyOfRange(file, content, content + (int) length);
      }
      at = (int) Math.min(end, content + length + (length & 1));
    }
  }

  private String type(int at) {
    return new String(file, at, 4, StandardCharsets.ISO_8859_1);
  }

  private long length(int at) {
    return in.getInt(at + 4) & 0xFFFF_FFFFL;
  }

  private BareImage picture() {
    if (pixels < 0) {
      throw new IllegalArgumentException("it has no picture");
    }
    int length = (int) length(pixels);
    int content = pixels + HEADER;
    boolean lossless = type(pixels).equals("VP8L");
    if (length < 10) {
      throw new IllegalArgumentException("truncated in the header of its picture");
    }
    int width = in.getShort(content + 6) & 0x3FFF;
    int height = in.getShort(content + 8) & 0x3FFF;
    if (lossless) {
      int extents = in.getInt(content + 1);
      width = 1 + (extents & 0x3FFF);
      height = 1 + (extents >>> 14 & 0x3FFF);
    } else if (file[content + 3] != (byte) 0x9D
        || file[content + 4] != 1
        || file[content + 5] != 0x2A) {
      throw new IllegalArgumentException("damaged: its picture does not start as one");
    }
    ByteBuffer bare = ByteBuffer.allocate(RIFF + HEADER + length + (length & 1));
    bare.order(ByteOrder.LITTLE_ENDIAN).put(file, 0, RIFF).putInt(4, bare.capacity() - 8);
    bare.put(file, pixels, HEADER + length);
    return new BareImage(bare.array(), width, height, exif);
  }
}
