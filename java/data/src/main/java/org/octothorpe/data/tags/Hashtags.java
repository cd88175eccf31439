package org.octothorpe.data.tags;

import java.text.Normalizer;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What makes two spellings the same hashtag: #PottedPlant, "potted plant" and pottedplant are one.
 */
public final class Hashtags {
  /** Order by code point, which, unlike {@link String#compareTo}, does not depend on UTF-16. */
  public static final Comparator<String> BY_CODE_POINT = Hashtags::compareCodePoints;

  /** The most code points of a folded tag; a longer one is dropped. */
  public static final int MAX_CODE_POINTS = 200;

  private static final int MAX_COMPOSED = 4; // code points that NFKC makes one
  private static final int MAX_ROUNDS = 16;
  private static final int BRAILLE_BLANK = 0x2800;
  private static final int FIRST_SPECIAL_CASE = 0xDF; // sharp s

  private Hashtags() {}

  // Without an array of the code points: millions of tags are sorted.
  private static int compareCodePoints(String a, String b) {
    int common = Math.min(a.length(), b.length());
    for (int i = 0; i < common; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean beyond = Character.isSurrogate(x); // part of a code point above all others
        return beyond == Character.isSurrogate(y) ? x - y : beyond ? 1 : -1;
      }
    }
    return a.length() - b.length();
  }

  /**
   * Returns the tag in Unicode form NFKC, without case, white space, invisible characters ({@link
   * Invisible}), and leading '#' and marks without a base character; "" if nothing is left, or more
   * than {@link #MAX_CODE_POINTS}.
   *
   * <p>What it returns it returns again: each of these steps can make work for another, so that
   * they are repeated until nothing changes.
   */
  public static String fold(String tag) {
    String folded = foldUnlessLong(tag);
    return folded == null ? "" : folded;
  }

  /** Returns the tag as {@link #fold} does, but null if it is too long. */
  static @Nullable String foldUnlessLong(String tag) {
    if (isFolded(tag)) {
      return tag.length() <= MAX_CODE_POINTS ? tag : null;
    }
    String text =
        visible(tag, false); // keeps case: folding it here could separate a letter from its marks
    for (int round = 0; round < MAX_ROUNDS; round++) {
      // Before it is normalized, which takes quadratic time for marks in a row.
      if (text.codePointCount(0, text.length()) > MAX_COMPOSED * MAX_CODE_POINTS) {
        return null;
      }
      String next = visible(Normalizer.normalize(text, Normalizer.Form.NFKC), true);
      if (next.equals(text)) {
        return text.codePointCount(0, text.length()) <= MAX_CODE_POINTS ? text : null;
      }
      text = next;
    }
    return ""; // no fixed point; no such tag is known
  }

  // Without white space, invisible characters, leading '#' and marks, and, if asked, case.
  private static String visible(String text, boolean withoutCase) {
    StringBuilder visible = new StringBuilder(Math.min(text.length(), 1 << 12));
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (isWhite(c) || Invisible.is(c) || (visible.length() == 0 && cannotBegin(c))) {
        continue;
      }
      if (withoutCase) {
        appendWithoutCase(c, visible);
      } else {
        visible.appendCodePoint(c);
      }
    }
    return visible.toString();
  }

  // By way of the upper case: both forms of the Greek sigma become one. Some letters have an upper
  // case of several, as the German sharp s, which is SS, and Greek vowels with an iota below.
  private static void appendWithoutCase(int c, StringBuilder text) {
    int upper = Character.toUpperCase(c);
    boolean several = (upper == c && Character.isLowerCase(c)) || (c >= 0x1F80 && c <= 0x1FFC);
    if (c < FIRST_SPECIAL_CASE || !several) {
      text.appendCodePoint(Character.toLowerCase(upper));
    } else {
      Character.toString(c)
          .toUpperCase(Locale.ROOT)
          .codePoints()
          .map(Character::toLowerCase)
          .forEach(text::appendCodePoint);
    }
  }

  /** Returns whether a code point is a space of some kind. */
  static boolean isWhite(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == BRAILLE_BLANK;
  }

  /** Returns whether a code point begins a hashtag. */
  static boolean isHash(int c) {
    return c == '#' || c == 0xFE5F || c == 0xFF03; // also small and full-width
  }

  private static boolean cannotBegin(int c) {
    int type = Character.getType(c);
    return c == '#' || type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK;
  }

  // True for most tags of a large set, and much cheaper than to normalize them.
  private static boolean isFolded(String tag) {
    for (int i = 0; i < tag.length(); i++) {
      char c = tag.charAt(i);
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the tags of at least {@code minCount} images, the most frequent first, ties in code
   * point order; at most {@code limit} of them.
   *
   * @param counts the number of images of each tag
   */
  public static List<String> mostFrequent(Map<String, Long> counts, int limit, long minCount) {
    Comparator<Map.Entry<String, Long>> byCount =
        Map.Entry.comparingByValue(Comparator.reverseOrder());
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() >= minCount)
        .sorted(byCount.thenComparing(Map.Entry.comparingByKey(BY_CODE_POINT)))
        .limit(limit)
        .map(Map.Entry::getKey)
        .toList();
  }
}
