package org.octothorpe.data.files;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Names of files as text that represents their bytes: UTF-8 where they are UTF-8 that a line of
 * text can hold, {@code \xE9} for every other byte.
 *
 * <p>Different bytes have different texts, so that the text is the identity: a backslash stays as
 * it is unless what follows it would read as such an escape, and is {@code \x5C} then. Escaped are
 * bytes that are not UTF-8, control characters, and the separators of lines and paragraphs; so no
 * text breaks a line, a table with tabs, or a terminal.
 */
public final class MemberName {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private MemberName() {}

  /** Returns the text of a name. */
  public static String of(byte[] name) {
    StringBuilder text = new StringBuilder(name.length);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(name);
    CharBuffer out = CharBuffer.allocate(name.length + 1);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      appendText(out.flip(), text);
      out.clear();
      if (!result.isError()) {
        return text.toString();
      }
      appendByte(in.get(), text); // one at a time: what follows may be UTF-8 again
      decoder.reset();
    }
  }

  /** Returns the text of a name that a table or the file system gives as characters. */
  public static String of(String name) {
    return of(name.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the text of a file's name, without its folder: what lists call a shard or table. */
  public static String ofFile(Path path) {
    return of(String.valueOf(path.getFileName()));
  }

  /** Returns whether a text holds nothing that this class would have escaped, so is a name. */
  public static boolean isText(String text) {
    return text.chars().noneMatch(MemberName::isEscaped);
  }

  private static boolean isEscaped(int c) {
    return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
  }

  private static void appendText(CharBuffer decoded, StringBuilder text) {
    String part = decoded.toString();
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      boolean escape = c == '\\' && readsAsEscape(part, i);
      if (escape || isEscaped(c)) {
        for (byte b : String.valueOf(c).getBytes(StandardCharsets.UTF_8)) {
          appendByte(b, text);
        }
      } else {
        text.append(c);
      }
    }
  }

  private static boolean readsAsEscape(String text, int backslash) {
    return backslash + 3 < text.length()
        && text.charAt(backslash + 1) == 'x'
        && isDigit(text.charAt(backslash + 2))
        && isDigit(text.charAt(backslash + 3));
  }

  private static boolean isDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
  }

  private static void appendByte(byte b, StringBuilder text) {
    text.append("\\x").append(HEX.toHexDigits(b));
  }
}
