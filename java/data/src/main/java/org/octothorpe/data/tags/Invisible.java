package org.octothorpe.data.tags;

import java.util.Arrays;
import java.util.Locale;

/**
 * Invisible characters: tags that differ in them alone look the same,so that they never make a tag
 * another.
 *
 * <p>They are Unicode's default ignorable characters (zero width, direction and variation marks,
 * soft hyphen, byte order mark, word joiner, fillers, tag characters), controls, halves of
 * surrogate pairs, noncharacters, and the stand-ins for what was lost or cannot be shown (U+FFFC,
 * U+FFFD). The joiners U+200C and U+200D are among them, as in Unicode's NFKC_Casefold, its rule
 * for comparing identifiers: a Persian word is typed with and without, and many programs drop them.
 * The price is that an emoji of several joined people is the same tag as these people in a row, and
 * that the flags of England, Scotland and Wales are one black flag.
 */
public final class Invisible {
  // Pairs of first and last: Default_Ignorable_Code_Point of Unicode 15, which Java 17 does not
  // know, then others without a shape of their own.
  private static final int[] RANGES = {
    0x0000, 0x001F, 0x007F, 0x009F, 0x00AD, 0x00AD, 0x034F, 0x034F, 0x061C, 0x061C, 0x115F, 0x1160,
    0x17B4, 0x17B5, 0x180B, 0x180F, 0x200B, 0x200F, 0x202A, 0x202E, 0x2060, 0x206F, 0x3164, 0x3164,
    0xD800, 0xDFFF, 0xFDD0, 0xFDEF, 0xFE00, 0xFE0F, 0xFEFF, 0xFEFF, 0xFFA0, 0xFFA0, 0xFFF0, 0xFFFF,
    0x1BCA0, 0x1BCA3, 0x1D159, 0x1D159, 0x1D173, 0x1D17A, 0xE0000, 0xE0FFF
  };

  private Invisible() {}

  /** Returns whether a code point is one of them. */
  public static boolean is(int c) {
    if (c < 0x7F) {
      return c < 0x20;
    }
    int at = Arrays.binarySearch(RANGES, c);
    // A bound is inside; beside one, the place to insert at is odd within a pair.
    return at >= 0 || (-at - 1) % 2 == 1 || (c & 0xFFFE) == 0xFFFE;
  }

  /** Returns whether it stands for a character that was lost: it is not valid Unicode text. */
  static boolean isLost(int c) {
    return c == 0xFFFD || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  /** Returns whether a text is valid Unicode, without halves of surrogate pairs. */
  static boolean isValid(String text) {
    return text.codePoints()
        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  /** Returns a text without these characters, but for the tabs that separate its fields. */
  public static String without(String text) {
    return text.codePoints()
        .filter(c -> c == '\t' || !is(c))
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** Returns a text with these characters written as their numbers, as in {@code <U+200B>}. */
  public static String shown(String text) {
    if (text.codePoints().noneMatch(Invisible::is)) {
      return text;
    }
    StringBuilder shown = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (is(c)) {
                shown.append(String.format(Locale.ROOT, "<U+%04X>", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.toString();
  }

  /** Returns the beginning of a text as {@link #shown(String)} does, for messages. */
  public static String shown(String text, int most) {
    if (text.codePointCount(0, text.length()) <= most) {
      return shown(text);
    }
    return shown(text.substring(0, text.offsetByCodePoints(0, most))) + "...";
  }
}
