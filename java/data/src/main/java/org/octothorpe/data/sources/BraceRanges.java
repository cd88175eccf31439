package org.octothorpe.data.sources;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The texts that a text with braces stands for, as in bash: {@code {train,val}} for its
 * alternatives, {@code {0..12}} and {@code {000..012}} for a range of numbers, with leading zeros
 * if an end has some. Braces around anything else are as they are.
 */
final class BraceRanges {
  private static final Pattern RANGE = Pattern.compile("([0-9]{1,18})\\.\\.([0-9]{1,18})");
  private static final int MAX = 1_000_000;

  private final Set<Text> all = new LinkedHashSet<>();

  /**
   * One of the texts.
   *
   * @param text without braces that have a meaning
   * @param listed whether it comes of a range, so that each text of it must be there
   */
  record Text(String text, boolean listed) {}

  private BraceRanges() {}

  /**
   * Returns all texts, in their order.
   *
   * @throws IllegalArgumentException if they are too many
   */
  static List<Text> expand(String text) {
    BraceRanges ranges = new BraceRanges();
    ranges.expand("", text, false);
    return new ArrayList<>(ranges.all);
  }

  private void expand(String before, String text, boolean listed) {
    int open = text.indexOf('{');
    if (open < 0) {
      add(before + text, listed, text);
      return;
    }
    int close = close(text, open);
    String inside = close < 0 ? "" : text.substring(open + 1, close);
    Matcher range = RANGE.matcher(inside);
    List<String> alternatives = alternatives(inside);
    String start = before + text.substring(0, open);
    if (range.matches()) {
      numbers(range.group(1), range.group(2), text)
          .forEach(number -> expand(start + number, text.substring(close + 1), true));
    } else if (alternatives.size() > 1) {
      for (String alternative : alternatives) {
        // What is inside may have braces of its own.
        expand(start, alternative + text.substring(close + 1), listed);
      }
    } else {
      expand(start + "{", text.substring(open + 1), listed);
    }
  }

  private void add(String text, boolean listed, String of) {
    all.add(new Text(text, listed));
    if (all.size() > MAX) {
      throw tooMany(of);
    }
  }

  private static IllegalArgumentException tooMany(String text) {
    return new IllegalArgumentException(
        "'" + text + "' stands for more than " + MAX + " names; give a glob instead");
  }

  private static List<String> numbers(String from, String to, String text) {
    long first = Long.parseLong(from);
    long last = Long.parseLong(to);
    if (Math.abs(last - first) >= MAX) {
      throw tooMany(text);
    }
    boolean padded = isPadded(from) || isPadded(to);
    int width = padded ? Math.max(from.length(), to.length()) : 1;
    List<String> numbers = new ArrayList<>();
    long step = first <= last ? 1 : -1;
    for (long number = first; number != last + step; number += step) {
      String digits = Long.toString(number);
      numbers.add("0".repeat(Math.max(0, width - digits.length())) + digits);
    }
    return numbers;
  }

  private static boolean isPadded(String number) {
    return number.startsWith("0") && number.length() > 1;
  }

  /** Returns the place of the brace that closes one, or -1. */
  private static int close(String text, int open) {
    int depth = 0;
    for (int i = open; i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return -1;
  }

  private static List<String> alternatives(String inside) {
    List<String> alternatives = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= inside.length(); i++) {
      char c = i == inside.length() ? ',' : inside.charAt(i);
      if (depth == 0 ? c == ',' : i == inside.length()) {
        alternatives.add(inside.substring(start, i));
        start = i + 1;
      } else {
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      }
    }
    return alternatives;
  }
}
