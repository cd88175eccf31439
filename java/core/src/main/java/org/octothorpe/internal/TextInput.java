package org.octothorpe.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text files that users name in options, as any editor saves them; a complaint names option,
 * path and rule.
 *
 * <p>A text is UTF-8, with or without a byte order mark, or UTF-16 with one. Its lines end with
 * line feed, carriage return or both.
 */
public final class TextInput {
  private static final Pattern LINE_END = Pattern.compile("\r\n|\r|\n");

  private TextInput() {}

  /**
   * Returns all lines of a text, without a byte order mark.
   *
   * @param option what the file is given for
   * @throws IllegalArgumentException if it is a folder, or not such a text
   */
  public static List<String> lines(String option, Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(requireFile(option, file));
    String text;
    try {
      Charset utf16 = utf16(bytes);
      text = utf16 == null ? utf8(bytes) : strict(utf16, bytes, 2);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          option
              + ": "
              + file
              + " is not text in UTF-8, but must be; 'iconv -f ISO-8859-1 -t UTF-8 FILE' converts it"
              + " from Latin-1",
          e);
    }
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          option
              + ": "
              + file
              + " holds zero bytes, as UTF-16 without a byte order mark does, but must be UTF-8;"
              + " 'iconv -f UTF-16LE -t UTF-8 FILE' converts it");
    }
    if (text.isEmpty()) {
      return List.of();
    }
    String[] lines = LINE_END.split(text, -1);
    boolean ended = lines[lines.length - 1].isEmpty();
    return List.of(ended ? Arrays.copyOf(lines, lines.length - 1) : lines);
  }

  /**
   * Returns the text that bytes hold in UTF-8, without a byte order mark.
   *
   * @throws CharacterCodingException if it is not valid UTF-8: overlong forms, halves of surrogate
   *     pairs and cut characters are not
   */
  public static String utf8(byte[] bytes) throws CharacterCodingException {
    boolean mark = bytes.length >= 3 && startsWith(bytes, 0xEF, 0xBB) && (bytes[2] & 0xFF) == 0xBF;
    return strict(StandardCharsets.UTF_8, bytes, mark ? 3 : 0);
  }

  /** Returns whether bytes begin as UTF-16: with its byte order mark, or half of them zero. */
  public static boolean isUtf16(byte[] bytes) {
    return utf16(bytes) != null || (bytes.length >= 2 && (bytes[0] == 0) != (bytes[1] == 0));
  }

  private static @Nullable Charset utf16(byte[] bytes) {
    if (startsWith(bytes, 0xFF, 0xFE)) {
      return StandardCharsets.UTF_16LE;
    }
    return startsWith(bytes, 0xFE, 0xFF) ? StandardCharsets.UTF_16BE : null;
  }

  private static boolean startsWith(byte[] bytes, int first, int second) {
    return bytes.length >= 2 && (bytes[0] & 0xFF) == first && (bytes[1] & 0xFF) == second;
  }

  private static String strict(Charset charset, byte[] bytes, int from)
      throws CharacterCodingException {
    ByteBuffer text = ByteBuffer.wrap(bytes, from, bytes.length - from);
    return charset.newDecoder().decode(text).toString();
  }

  /**
   * Returns the path if it is not a folder.
   *
   * @param option what the file is given for
   * @throws IllegalArgumentException if it is one
   */
  public static Path requireFile(String option, Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(option + ": " + file + " is a folder, but must be a file");
    }
    return file;
  }
}
