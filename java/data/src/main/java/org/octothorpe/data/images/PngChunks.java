package org.octothorpe.data.images;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a PNG file, ISO/IEC 15948. Those of the pixels must be whole and have the right
 * check sum; whatever is wrong with others is ignored.
 */
final class PngChunks {
  private static final int SIGNATURE = 8;
  private static final int FRAME = 12; // length, type, check sum
  private static final String HEADER = "IHDR";
  private static final String END = "IEND";
  private static final Set<String> OF_PIXELS = Set.of(HEADER, "PLTE", "IDAT", END);

  private PngChunks() {}

  /**
   * Returns the file without what is not pixels.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static BareImage bare(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file);
    ByteArrayOutputStream out = new ByteArrayOutputStream(file.length);
    out.write(file, 0, SIGNATURE);
    byte @Nullable [] exif = null;
    int width = 0;
    int height = 0;
    String type = "";
    for (int at = SIGNATURE; !type.equals(END); ) {
      if (file.length - at < FRAME) {
        throw new IllegalArgumentException("truncated: the end chunk is missing");
      }
      long length = in.getInt(at) & 0xFFFF_FFFFL;
      type = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
      if (length > file.length - at - FRAME) {
        throw new IllegalArgumentException("truncated in a chunk of " + length + " bytes");
      }
      if (at == SIGNATURE) {
        if (!type.equals(HEADER) || length != 13) {
          throw new IllegalArgumentException("the header chunk is missing");
        }
        width = in.getInt(at + 8);
        height = in.getInt(at + 12);
      }
      if (OF_PIXELS.contains(type)) {
        CRC32 sum = new CRC32();
        sum.update(file, at + 4, (int) length + 4);
        if ((int) sum.getValue() != in.getInt(at + 8 + (int) length)) {
          throw new IllegalArgumentException("damaged: a check sum does not match");
        }
        out.write(file, at, (int) length + FRAME);
      } else if (type.equals("eXIf") && exif == null) {
        exif = new byte[(int) length];
        in.get(at + 8, exif);
      }
      at += (int) length + FRAME;
    }
    return new BareImage(out.toByteArray(), width, height, exif);
  }
}
