package org.octothorpe.data.tags;

import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hashtags in the running text of a caption, by the default hashtag syntax of <a
 * href="https://www.unicode.org/reports/tr31/#hashtag_identifiers">UAX #31</a>, D2 with the
 * characters of R8-1.
 *
 * <p>A hashtag is a '#', also a small or a full-width one, and all the letters, marks, digits,
 * emoji, '_', '-' and '+' after it. None begins inside a word: "foo#bar" has none, "foo.#bar" and
 * "##bar" have #bar. Beyond the standard, which allows it, something without a letter or emoji is
 * no hashtag: "#1" is a rank and "#2018" a number to most platforms.
 */
public final class CaptionTags {
  private static final String START = "#\\x{FE5F}\\x{FF03}";

  // Extended_Pictographic of Unicode 13, as in Java 17, which keeps it to itself.
  private static final String PICTOGRAPHIC =
      "\\x{A9}\\x{AE}\\x{203C}\\x{2049}\\x{2122}\\x{2139}\\x{2194}-\\x{2199}\\x{21A9}\\x{21AA}"
          + "\\x{231A}\\x{231B}\\x{2328}\\x{2388}\\x{23CF}\\x{23E9}-\\x{23F3}\\x{23F8}-\\x{23FA}"
          + "\\x{24C2}\\x{25AA}\\x{25AB}\\x{25B6}\\x{25C0}\\x{25FB}-\\x{25FE}\\x{2600}-\\x{2605}"
          + "\\x{2607}-\\x{2612}\\x{2614}-\\x{2685}\\x{2690}-\\x{2705}\\x{2708}-\\x{2712}\\x{2714}"
          + "\\x{2716}\\x{271D}\\x{2721}\\x{2728}\\x{2733}\\x{2734}\\x{2744}\\x{2747}\\x{274C}"
          + "\\x{274E}\\x{2753}-\\x{2755}\\x{2757}\\x{2763}-\\x{2767}\\x{2795}-\\x{2797}\\x{27A1}"
          + "\\x{27B0}\\x{27BF}\\x{2934}\\x{2935}\\x{2B05}-\\x{2B07}\\x{2B1B}\\x{2B1C}\\x{2B50}"
          + "\\x{2B55}\\x{3030}\\x{303D}\\x{3297}\\x{3299}\\x{1F000}-\\x{1F0FF}"
          + "\\x{1F10D}-\\x{1F10F}\\x{1F12F}\\x{1F16C}-\\x{1F171}\\x{1F17E}\\x{1F17F}\\x{1F18E}"
          + "\\x{1F191}-\\x{1F19A}\\x{1F1AD}-\\x{1F1E5}\\x{1F201}-\\x{1F20F}\\x{1F21A}\\x{1F22F}"
          + "\\x{1F232}-\\x{1F23A}\\x{1F23C}-\\x{1F23F}\\x{1F249}-\\x{1F3FA}\\x{1F400}-\\x{1F53D}"
          + "\\x{1F546}-\\x{1F64F}\\x{1F680}-\\x{1F6FF}\\x{1F774}-\\x{1F77F}\\x{1F7D5}-\\x{1F7FF}"
          + "\\x{1F80C}-\\x{1F80F}\\x{1F848}-\\x{1F84F}\\x{1F85A}-\\x{1F85F}\\x{1F888}-\\x{1F88F}"
          + "\\x{1F8AE}-\\x{1F8FF}\\x{1F90C}-\\x{1F93A}\\x{1F93C}-\\x{1F945}\\x{1F947}-\\x{1FAFF}"
          + "\\x{1FC00}-\\x{1FFFD}";

  // Emoji_Component without '#' and digits: asterisk, joiner, keycap, variation selector, regional
  // indicators, skin tones, hair, tags.
  private static final String COMPONENT =
      "*\\x{200D}\\x{20E3}\\x{FE0F}\\x{1F1E6}-\\x{1F1FF}\\x{1F3FB}-\\x{1F3FF}"
          + "\\x{1F9B0}-\\x{1F9B3}\\x{E0020}-\\x{E007F}";

  // Java's identifiers have control characters too, which an identifier ignores.
  private static final String WORD =
      "\\p{javaUnicodeIdentifierPart}&&[^\\p{javaIdentifierIgnorable}]";

  private static final String CONTINUE = "[[" + WORD + "][" + PICTOGRAPHIC + COMPONENT + "_+\\-]]";

  // Within a hashtag they are invisible, so that they do not end it. A zero width space does: it is
  // typed to that end.
  private static final String UNSEEN =
      "\\x{AD}\\x{34F}\\x{61C}\\x{180B}-\\x{180F}\\x{200C}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{206F}"
          + "\\x{FE00}-\\x{FE0F}\\x{FEFF}";

  private static final Pattern HASHTAG =
      Pattern.compile("[" + START + "]([[" + UNSEEN + "]" + CONTINUE + "]+)");
  private static final Pattern INSIDE_WORD = Pattern.compile(CONTINUE);

  // Regional indicators make flags, which are emoji without being pictographs.
  private static final Pattern MEANING =
      Pattern.compile("[\\p{L}\\x{1F1E6}-\\x{1F1FF}" + PICTOGRAPHIC + "]");

  private CaptionTags() {}

  /**
   * Returns the hashtags of a text without duplicates, folded by {@link Hashtags#fold}, in the
   * order of the first.
   */
  public static List<String> of(String text) {
    return of(text, note -> {});
  }

  /**
   * Returns the hashtags of a text as {@link #of(String)} does.
   *
   * @param notes receives what was dropped, as {@link TagText} says it
   * @throws IllegalArgumentException if there are too many
   */
  public static List<String> of(String text, Consumer<String> notes) {
    TagText tags = new TagText(notes);
    Matcher hashtag = HASHTAG.matcher(text);
    while (hashtag.find()) {
      if (!isInsideWord(text, hashtag.start()) && MEANING.matcher(hashtag.group(1)).find()) {
        tags.add("#" + hashtag.group(1));
      }
    }
    return tags.tags();
  }

  // No look-behind: Java's does not see emoji of two chars before a '#'.
  private static boolean isInsideWord(String text, int start) {
    return start > 0
        && INSIDE_WORD.matcher(Character.toString(text.codePointBefore(start))).matches();
  }
}
