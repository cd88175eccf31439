package org.octothorpe.data.tags;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A list as Python, NumPy or JSON write it, in a text: {@code ['a', "b"]}, {@code {'a'}}, {@code
 * ('a',)}, {@code ['a' 'b']}, {@code [a, b]}, {@code array(['a'], dtype=object)}.
 */
final class ListText {
  private static final String OPENING = "[{(";
  private static final String CLOSING = "]})";
  private static final Set<String> NAMES =
      Set.of("array", "deque", "dict_keys", "frozenset", "Index", "list", "set", "tuple");
  private static final Pattern REST = Pattern.compile("(\\s*,\\s*\\w+=[^,()\\[\\]{}]+)*,?\\s*\\)");
  private static final int MAX_REST = 100; // ", dtype=object)"
  private static final Set<String> NONE = Set.of("null", "none", "nan", "<na>", "");

  private final String text;
  private final char closing;
  private final List<String> elements = new ArrayList<>();
  private int at;

  private ListText(String text, char closing) {
    this.text = text;
    this.closing = closing;
  }

  /**
   * Returns the elements of a list; null if a text is none.
   *
   * @throws IllegalArgumentException if it begins as one and does not continue as one; the message
   *     says why
   */
  static @Nullable List<String> elements(String text) {
    String list = withoutName(withoutEnds(text));
    int bracket = list.isEmpty() ? -1 : OPENING.indexOf(list.charAt(0));
    if (bracket < 0) {
      return null;
    }
    ListText reader = new ListText(list, CLOSING.charAt(bracket));
    boolean quoted = reader.isQuotedBehindBrackets();
    try {
      reader.at = 1;
      reader.read();
    } catch (IllegalArgumentException e) {
      if (!quoted) {
        return null; // "(c) 2020", "[ad", "(a) or (b)"
      }
      throw new IllegalArgumentException(
          "its tags are a list that " + e.getMessage() + ": " + Invisible.shown(list, 40), e);
    }
    return reader.elements;
  }

  // The list of array(['a', 'b'], dtype=object), set() and their like, which are cut short if it
  // is.
  private static String withoutName(String text) {
    int opening = text.indexOf('(');
    if (opening < 0 || !NAMES.contains(text.substring(0, opening))) {
      return text;
    }
    String list = text.substring(opening + 1);
    if (list.equals(")")) {
      return "[]";
    }
    int bracket = list.isEmpty() ? -1 : OPENING.indexOf(list.charAt(0));
    if (bracket < 0) {
      return text;
    }
    int end = list.lastIndexOf(CLOSING.charAt(bracket), list.length() - 2) + 1;
    String rest = list.substring(end);
    return rest.length() <= MAX_REST && REST.matcher(rest).matches()
        ? list.substring(0, end)
        : list;
  }

  private static String withoutEnds(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && passed(text.charAt(from))) {
      from++;
    }
    while (from < to && passed(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean passed(char c) {
    return Hashtags.isWhite(c) || (Invisible.is(c) && !Character.isSurrogate(c));
  }

  // What makes it a list for certain.
  private boolean isQuotedBehindBrackets() {
    while (at < text.length()
        && (passed(text.charAt(at)) || OPENING.indexOf(text.charAt(at)) >= 0)) {
      at++;
    }
    return isQuote(at) || isPrefix();
  }

  private void read() {
    while (true) {
      skipWhite();
      if (at >= text.length()) {
        throw new IllegalArgumentException("is cut short");
      }
      char c = text.charAt(at);
      if (c == closing) {
        at++;
        break;
      } else if (c == ',') {
        at++;
      } else if (OPENING.indexOf(c) >= 0) {
        throw new IllegalArgumentException("holds another list");
      } else if (isPrefix()) {
        readQuoted(c == 'b' || c == 'B', at + 1);
      } else if (isQuote(at)) {
        readQuoted(false, at);
      } else {
        readBare();
      }
    }
    if (at < text.length()) {
      throw new IllegalArgumentException("ends before the text does");
    }
  }

  private void readQuoted(boolean bytes, int start) {
    char quote = text.charAt(start);
    StringBuilder element = new StringBuilder();
    int i = start + 1;
    while (i < text.length() && text.charAt(i) != quote) {
      char c = text.charAt(i++);
      if (c != '\\' || i == text.length()) {
        element.append(c);
      } else {
        i = escape(i, element);
      }
    }
    if (i >= text.length()) {
      throw new IllegalArgumentException("is cut short");
    }
    at = i + 1;
    skipWhite();
    boolean apart = at == text.length() || text.charAt(at) == ',' || text.charAt(at) == closing;
    if (text.startsWith("...", at)) {
      throw new IllegalArgumentException("is abbreviated");
    }
    if (!apart && !isQuote(at) && !isPrefix()) {
      throw new IllegalArgumentException("has '" + text.charAt(at) + "' after an element");
    }
    String read = element.toString();
    boolean packed = bytes && read.chars().allMatch(c -> c <= 0xFF);
    elements.add(
        packed
            ? new String(read.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)
            : read);
  }

  // From after the backslash; returns where the text continues.
  private int escape(int i, StringBuilder element) {
    char c = text.charAt(i);
    int digits =
        switch (c) {
          case 'x' -> 2;
          case 'u' -> 4;
          case 'U' -> 8;
          default -> 0;
        };
    if (digits > 0) {
      String number = text.substring(i + 1, Math.min(text.length(), i + 1 + digits));
      if (!number.matches("[0-9a-fA-F]{" + digits + "}")
          || Long.parseLong(number, 16) > Character.MAX_CODE_POINT) {
        throw new IllegalArgumentException("has a broken escape \\" + c + number);
      }
      element.appendCodePoint(Integer.parseInt(number, 16));
      return i + 1 + digits;
    }
    int control = "ntrbfv".indexOf(c);
    element.append(control >= 0 ? "\n\t\r\b\f\u000B".charAt(control) : c);
    return i + 1;
  }

  private void readBare() {
    int start = at;
    while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != closing) {
      if (OPENING.indexOf(text.charAt(at)) >= 0) {
        throw new IllegalArgumentException("holds another list");
      }
      at++;
    }
    String element = text.substring(start, at).strip();
    if (element.startsWith("...")) {
      throw new IllegalArgumentException("is abbreviated");
    }
    if (!NONE.contains(element.toLowerCase(Locale.ROOT))) {
      elements.add(element);
    }
  }

  private void skipWhite() {
    while (at < text.length() && passed(text.charAt(at))) {
      at++;
    }
  }

  private boolean isQuote(int i) {
    return i < text.length() && (text.charAt(i) == '"' || text.charAt(i) == '\'');
  }

  // Of Python's u'text' and b'bytes'.
  private boolean isPrefix() {
    return at < text.length() && "uUbB".indexOf(text.charAt(at)) >= 0 && isQuote(at + 1);
  }
}
