package org.octothorpe.data;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What makes two spellings the same hashtag: #PottedPlant, "potted plant" and pottedplant are one.
 */
public final class Hashtags {
  /** Order by code point, which, unlike {@link String#compareTo}, does not depend on UTF-16. */
  public static final Comparator<String> BY_CODE_POINT = Hashtags::compareCodePoints;

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
   * Returns the tag in Unicode form NFKC, without case, white space and leading '#'; "" if nothing
   * is left.
   */
  public static String fold(String tag) {
    if (isFolded(tag)) {
      return tag;
    }
    String normal = Normalizer.normalize(tag, Normalizer.Form.NFKC);
    StringBuilder folded = new StringBuilder(normal.length());
    for (int i = 0; i < normal.length(); ) {
      int c = normal.codePointAt(i);
      i += Character.charCount(c);
      if (Character.isWhitespace(c)
          || Character.isSpaceChar(c)
          || (c == '#' && folded.length() == 0)) {
        continue;
      }
      // By way of the upper case: both forms of the Greek sigma become one.
      folded.appendCodePoint(Character.toLowerCase(Character.toUpperCase(c)));
    }
    return folded.toString();
  }

  // True for most tags of a large set, and much cheaper than to normalise them.
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
   * Returns the folded tags without duplicates and without those of which nothing is left, in the
   * order of the first.
   */
  public static List<String> foldAll(Collection<String> tags) {
    Set<String> folded = new LinkedHashSet<>();
    for (String tag : tags) {
      String text = fold(tag);
      if (!text.isEmpty()) {
        folded.add(text);
      }
    }
    return new ArrayList<>(folded);
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
