package org.octothorpe.data.tags;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.octothorpe.data.faults.BadSamples;

/**
 * The hashtags in texts, by one rule wherever such a text is: in a column of a table, in a string
 * of JSON, in an element of an array, in a line of a vocabulary.
 *
 * <ul>
 *   <li>Commas, semicolons, vertical bars, tabs and line breaks separate tags, also their
 *       full-width, ideographic and Arabic forms: no hashtag has one. White space separates only
 *       where a '#' follows: "potted plant" is one tag, "sea #photo" are two. A '#' inside begins
 *       another tag if a '#' begins this one: "#sea#photo" are two, "c#" is one. This holds for
 *       elements of arrays too, which often are such a text that was wrapped, not split.
 *   <li>A text in brackets is a list as Python, NumPy or JSON write it, {@code ['a', "b"]}, {@code
 *       {'a'}}, {@code ('a',)}, {@code ['a' 'b']}, {@code [a, b]}: its elements are such texts, and
 *       null, None and nan mean none ({@link ListText}).
 *   <li>Each tag is folded by {@link Hashtags#fold}; brackets and quotes around it do not count. It
 *       is left out if no letter, digit or symbol remains, or more than {@link
 *       Hashtags#MAX_CODE_POINTS} code points.
 * </ul>
 *
 * <p>A tag that results is, read again, the same single tag. For one image and one thread.
 */
public final class TagText {
  /** The most tags of an image; with more it cannot be used. */
  public static final int MAX_TAGS = 1000;

  /** The note that tags were too long. */
  public static final String TOO_LONG =
      "tags of more than " + Hashtags.MAX_CODE_POINTS + " characters were dropped";

  /** The note that characters of tags were lost before. */
  public static final String LOST =
      "tags with characters that are not valid Unicode were read without these";

  static final String NO_WORD = "tags without a letter, digit or symbol were dropped";

  private static final String SEPARATORS =
      ";,|\t\n\u000B\f\r\u001C\u001D\u001E\u001F\u0085\u2028\u2029\u037E\u060C\u061B\u3001"
          + "\uFE10\uFE11\uFE14\uFE50\uFE51\uFE54\uFF0C\uFF1B\uFF5C\uFF64";
  private static final String OPENING = "[{(\"'\u2018\u201C\u00AB";
  private static final String CLOSING = "]})\"'\u2019\u201D\u00BB";

  private final Consumer<String> notes;
  private final Set<String> tags = new LinkedHashSet<>();

  /**
   * Begins without tags.
   *
   * @param notes receives what was dropped, as {@link BadSamples.Note#what}
   */
  public TagText(Consumer<String> notes) {
    this.notes = notes;
  }

  /**
   * Returns the tags of a text.
   *
   * @throws IllegalArgumentException as {@link #add}
   */
  public static List<String> of(String text) {
    return new TagText(note -> {}).add(text).tags();
  }

  /**
   * Adds the tags of a text.
   *
   * @throws IllegalArgumentException if it begins as a list and does not continue as one, or the
   *     tags become too many; the message says why
   */
  public TagText add(String text) {
    List<String> elements = ListText.elements(text);
    if (elements == null) {
      addPlain(text);
    } else {
      elements.forEach(this::addPlain);
    }
    return this;
  }

  /** Returns the tags so far, folded, each once, in the order of the first. */
  public List<String> tags() {
    return new ArrayList<>(tags);
  }

  private void addPlain(String text) {
    StringBuilder tag = new StringBuilder();
    boolean hashed = false; // the tag began with '#'
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      boolean separates = SEPARATORS.indexOf(c) >= 0;
      if (separates || (Hashtags.isHash(c) && (tag.length() == 0 || hashed || endsWhite(tag)))) {
        addTag(tag.toString());
        tag.setLength(0);
        hashed = !separates;
      } else if (Invisible.is(c)) {
        if (Invisible.isLost(c)) {
          notes.accept(LOST);
        }
      } else if (tag.length() > 0 || !Hashtags.isWhite(c)) {
        tag.appendCodePoint(c);
      }
    }
    addTag(tag.toString());
  }

  private static boolean endsWhite(StringBuilder text) {
    return Hashtags.isWhite(text.charAt(text.length() - 1)); // no space is a surrogate pair
  }

  private void addTag(String text) {
    String tag = text.isEmpty() ? "" : Hashtags.foldUnlessLong(text);
    if (tag == null) {
      notes.accept(TOO_LONG);
      return;
    }
    // The folding of a rare character may bring forth a separator or a bracket.
    for (String bare = bare(tag); !bare.equals(tag); bare = bare(tag)) {
      tag = Hashtags.fold(bare);
    }
    if (tag.chars().anyMatch(c -> SEPARATORS.indexOf(c) >= 0)) {
      addPlain(tag);
    } else if (!tag.isEmpty() && tag.codePoints().noneMatch(TagText::isWord)) {
      notes.accept(NO_WORD);
    } else if (!tag.isEmpty() && tags.add(tag) && tags.size() > MAX_TAGS) {
      throw new IllegalArgumentException("it has more than " + MAX_TAGS + " tags");
    }
  }

  /** Returns a tag without a bracket or quote around it, or at an end of it and unpaired. */
  private static String bare(String tag) {
    if (tag.isEmpty()) {
      return tag;
    }
    int last = tag.length() - 1;
    int opening = OPENING.indexOf(tag.charAt(0));
    if (opening >= 0) {
      int closing = tag.indexOf(CLOSING.charAt(opening), 1);
      return closing < 0
          ? tag.substring(1)
          : tag.substring(1, closing) + tag.substring(closing + 1);
    }
    int closing = CLOSING.indexOf(tag.charAt(last));
    boolean paired = closing >= 0 && tag.lastIndexOf(OPENING.charAt(closing), last - 1) >= 0;
    return closing >= 0 && !paired ? tag.substring(0, last) : tag;
  }

  private static boolean isWord(int c) {
    return switch (Character.getType(c)) {
      case Character.DASH_PUNCTUATION,
          Character.CONNECTOR_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          false;
      default -> true;
    };
  }
}
