package org.octothorpe.data.files;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The formats of photographs that are read. The content decides which one a file has, its name only
 * whether it is taken for an image at all.
 */
public enum ImageFormat {
  /** JPEG, ISO/IEC 10918-1. */
  JPEG("jpg", "jpeg"),
  /** Portable Network Graphics, ISO/IEC 15948. */
  PNG("png"),
  /** WebP, RFC 9649. */
  WEBP("webp");

  /** The number of bytes of a file's beginning that {@link #of} and {@link #describe} look at. */
  public static final int PREFIX_BYTES = 16;

  private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};

  @SuppressWarnings("ImmutableEnumChecker") // List.of: Error Prone sees the type alone
  private final List<String> extensions;

  ImageFormat(String... extensions) {
    this.extensions = List.of(extensions);
  }

  /** Returns the usual end of a file's name, without the dot. */
  public String extension() {
    return extensions.get(0);
  }

  /** Returns whether an end of a name, without the dot and in any case, is that of an image. */
  public static boolean isExtension(String extension) {
    String lower = extension.toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).anyMatch(format -> format.extensions.contains(lower));
  }

  /**
   * Returns the format of a file.
   *
   * @param prefix its first {@value #PREFIX_BYTES} bytes, or all of it if it has fewer
   * @return null if it has none of these formats
   */
  public static @Nullable ImageFormat of(byte[] prefix) {
    if (prefix.length >= 3
        && prefix[0] == (byte) 0xff
        && prefix[1] == (byte) 0xd8
        && prefix[2] == (byte) 0xff) {
      return JPEG;
    }
    if (startsWith(prefix, PNG_SIGNATURE)) {
      return PNG;
    }
    return text(prefix, 0, 4).equals("RIFF") && text(prefix, 8, 12).equals("WEBP") ? WEBP : null;
  }

  /**
   * Returns what a file is that has none of these formats, for messages such as "it is a GIF
   * image".
   *
   * @param prefix as for {@link #of}
   */
  public static String describe(byte[] prefix) {
    String start = text(prefix, 0, PREFIX_BYTES);
    String lower = start.strip().toLowerCase(Locale.ROOT);
    String brand = text(prefix, 4, 8).equals("ftyp") ? text(prefix, 8, 12) : "";
    if (prefix.length == 0) {
      return "empty";
    } else if (start.startsWith("GIF8")) {
      return "a GIF image";
    } else if (start.startsWith("II*\0") || start.startsWith("MM\0*")) {
      return "a TIFF image";
    } else if (start.startsWith("BM")) {
      return "a BMP image";
    } else if (brand.startsWith("avi")) {
      return "an AVIF image";
    } else if (brand.startsWith("hei") || brand.startsWith("hev") || brand.equals("mif1")) {
      return "a HEIF image";
    } else if (lower.startsWith("<!doctype") || lower.startsWith("<html")) {
      return "an HTML page";
    } else if (lower.startsWith("<svg") || lower.startsWith("<?xml")) {
      return "an XML file";
    } else if (lower.startsWith("{") || lower.startsWith("[")) {
      return "a JSON file";
    }
    return "neither JPEG, PNG nor WebP";
  }

  /**
   * Returns why a file that has none of these formats is not read, and what to do about it.
   *
   * @param prefix as for {@link #of}
   */
  public static String refusal(byte[] prefix) {
    String what = describe(prefix);
    return "it is "
        + what
        + (what.endsWith(" image")
            ? "; JPEG, PNG and WebP are read: convert it, as with 'magick IMAGE IMAGE.png'"
            : "");
  }

  private static boolean startsWith(byte[] prefix, byte[] signature) {
    return prefix.length >= signature.length
        && Arrays.equals(prefix, 0, signature.length, signature, 0, signature.length);
  }

  private static String text(byte[] prefix, int from, int to) {
    int end = Math.min(to, prefix.length);
    return from < end ? new String(prefix, from, end - from, StandardCharsets.ISO_8859_1) : "";
  }
}
